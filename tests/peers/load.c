/* A load generator, and the least that a server can do, to compare with.
 *
 *   load echo               a bare epoll echo server; prints its port
 *   load rate PORT SECONDS  connect, 64 bytes there and back, close, again;
 *                           prints how many
 *   load count PORT N       the same N times
 *   load idle PORT N        N connections; prints "open", waits for a line of
 *                           stdin, then prints the median in us of 101 new
 *                           clients' connect, echo and close, and echoes over
 *                           all N
 *
 * Everything within 127.0.0.0/24, everything bounded; ends with 1 at the first answer
 * that is not the question. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LENGTH = 64 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static int dial(int port)
{
    /* So many connections one after another to one address would be held up by
     * their predecessors in TIME_WAIT: there are many addresses. */
    static unsigned turn;
    struct sockaddr_in at = loopback(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (turn++ + getpid()) % 200);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    while (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
        if (errno != EADDRNOTAVAIL && errno != EINTR)
            die("connect");
        usleep(1000);
    }
    return fd;
}

static void echo(int fd, unsigned n)
{
    char question[LENGTH], answer[LENGTH];
    memset(question, 'a' + n % 26, sizeof question);
    memcpy(question, &n, sizeof n);
    if (send(fd, question, sizeof question, MSG_NOSIGNAL) != LENGTH)
        die("send");
    for (size_t have = 0; have < sizeof answer;) {
        ssize_t got = recv(fd, answer + have, sizeof answer - have, 0);
        if (got <= 0)
            die(got ? "recv" : "an early end");
        have += got;
    }
    if (memcmp(question, answer, sizeof answer)) {
        fprintf(stderr, "another answer\n");
        exit(1);
    }
}

static void once(int port, unsigned n)
{
    int fd = dial(port);
    echo(fd, n);
    close(fd);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void idle(int port, int count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int *all = calloc(count, sizeof *all);
    for (int i = 0; i < count; i++)
        all[i] = dial(port);
    puts("open");
    fflush(stdout);
    if (getchar() == EOF)
        exit(1);
    enum { NEW = 101 };
    double took[NEW];
    for (int i = 0; i < NEW; i++) {
        double begun = now();
        once(port, i);
        took[i] = now() - begun;
    }
    qsort(took, NEW, sizeof *took, by_value);
    for (int i = 0; i < count; i++)
        echo(all[i], i);
    printf("%.0f\n", took[NEW / 2] * 1e6);
}

static void serve(void)
{
    struct sockaddr_in at = loopback(0);
    at.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096))
        die("listen");
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    int set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
    static char buffer[65536];
    for (;;) {
        int count = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                event.data.fd = peer;
                if (peer >= 0)
                    epoll_ctl(set, EPOLL_CTL_ADD, peer, &event);
                continue;
            }
            ssize_t got = recv(fd, buffer, sizeof buffer, 0);
            if (got <= 0 || send(fd, buffer, got, MSG_NOSIGNAL) != got)
                close(fd);
        }
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    int port = argc > 2 ? atoi(argv[2]) : 0;
    double most = argc > 3 ? atof(argv[3]) : 0;
    unsigned n = 0;
    alarm(300);
    if (!strcmp(mode, "echo"))
        serve();
    else if (!strcmp(mode, "idle"))
        idle(port, most);
    else if (!strcmp(mode, "count"))
        while (n < most)
            once(port, n++);
    else if (!strcmp(mode, "rate"))
        for (double until = now() + most; now() < until;)
            once(port, n++);
    else
        return 2;
    if (n)
        printf("%u\n", n);
    return 0;
}
