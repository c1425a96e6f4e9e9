/*
 * The client of the classic dialogue: sends numbered messages, one send() each,
 * and waits for the answer to each with one recv() into 1,024 bytes.
 *
 * dialogue_client PORT COUNT MILLISECONDS
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char buf[1024];
	ssize_t n;
	int fd, i;

	if (argc != 4)
		return 2;
	to.sin_port = htons((unsigned short)atoi(argv[1]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		perror("connect");
		return 1;
	}
	for (i = 1; i <= atoi(argv[2]); i++) {
		long ms = atol(argv[3]);
		struct timespec pace = { ms / 1000, ms % 1000 * 1000000 };
		int len = snprintf(buf, sizeof buf, "message %03d", i);

		if (send(fd, buf, (size_t)len, 0) != len) {
			perror("send");
			return 1;
		}
		n = recv(fd, buf, sizeof buf, 0);
		if (n <= 0) {
			fprintf(stderr, "recv gave %zd\n", n);
			return 1;
		}
		printf("%.*s\n", (int)n, buf);
		if (i < atoi(argv[2]))
			nanosleep(&pace, NULL);
	}
	return close(fd) < 0;
}
