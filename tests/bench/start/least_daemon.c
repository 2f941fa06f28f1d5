// The least that can answer a user's computer from a virtual machine over TLS: loads the drivers of
// the network card, takes its address and answers one client that shows a certificate.
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void say(const char* text) {
  if (write(1, text, strlen(text)) < 0) _exit(1);
}

static void must(int works, const char* what) {
  if (works) return;
  say(what);
  say(" failed\n");
  for (;;) pause();
}

static void load_drivers(void) {
  FILE* const order = fopen("/order", "r");
  char name[64];
  char path[96];
  must(order != NULL, "opening the list of drivers");
  while (fscanf(order, "%63s", name) == 1) {
    snprintf(path, sizeof path, "/modules/%s.ko", name);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    must(file >= 0 && syscall(SYS_finit_module, file, "", 0) == 0, name);
    close(file);
  }
  fclose(order);
}

// Certificates are not valid yet on a machine that believes in 1970.
static void set_clock(void) {
  FILE* const file = fopen("/now", "r");
  struct timespec now = {0, 0};
  must(file != NULL && fscanf(file, "%ld", &now.tv_sec) == 1 &&
           clock_settime(CLOCK_REALTIME, &now) == 0,
       "setting the clock");
  fclose(file);
}

static struct sockaddr_in address(const char* text, int port) {
  struct sockaddr_in out = {0};
  out.sin_family = AF_INET;
  out.sin_port = htons((unsigned short)port);
  inet_pton(AF_INET, text, &out.sin_addr);
  return out;
}

static int listen_on_network(void) {
  struct ifreq request = {0};
  const int tcp = socket(AF_INET, SOCK_STREAM, 0);
  const struct sockaddr_in own = address("10.0.2.15", 0);
  const struct sockaddr_in mask = address("255.255.255.0", 0);
  const struct sockaddr_in any = address("0.0.0.0", 6443);
  strcpy(request.ifr_name, "eth0");
  memcpy(&request.ifr_addr, &own, sizeof own);
  must(ioctl(tcp, SIOCSIFADDR, &request) == 0, "taking an address");
  memcpy(&request.ifr_netmask, &mask, sizeof mask);
  must(ioctl(tcp, SIOCSIFNETMASK, &request) == 0, "setting the network");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  must(ioctl(tcp, SIOCSIFFLAGS, &request) == 0, "setting the card up");
  must(bind(tcp, (const struct sockaddr*)&any, sizeof any) == 0 && listen(tcp, 8) == 0,
       "listening");
  return tcp;
}

static void answer(SSL_CTX* context, int tcp) {
  static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  char request[4096];
  SSL* const session = SSL_new(context);
  SSL_set_fd(session, accept(tcp, NULL, NULL));
  if (SSL_accept(session) == 1 && SSL_read(session, request, sizeof request) > 0)
    SSL_write(session, text, sizeof text - 1);
}

int main(void) {
  SSL_CTX* context;
  load_drivers();
  set_clock();
  context = SSL_CTX_new(TLS_server_method());
  must(SSL_CTX_use_certificate_file(context, "/server.crt", SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, "/server.key", SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_load_verify_file(context, "/ca.crt") == 1,
       "reading the certificates");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  {
    const int tcp = listen_on_network();
    say("least-daemon-listens\n");
    for (;;) answer(context, tcp);
  }
}
