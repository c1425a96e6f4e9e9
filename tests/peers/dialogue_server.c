/*
 * The server of the classic dialogue: prints its port, takes one client, prints
 * what each recv() into 1,024 bytes gives, and answers each with "ok" until the
 * client closes.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	char buf[1024];
	ssize_t n;
	int fd, peer;

	setvbuf(stdout, NULL, _IOLBF, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(fd, 5) < 0 || getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
		perror("listen");
		return 1;
	}
	printf("%d\n", ntohs(at.sin_port));
	peer = accept(fd, NULL, NULL);
	while ((n = recv(peer, buf, sizeof buf, 0)) > 0) {
		printf("%.*s\n", (int)n, buf);
		if (send(peer, "ok", 2, 0) != 2) {
			perror("send");
			return 1;
		}
	}
	if (n < 0)
		perror("recv");
	return n < 0;
}
