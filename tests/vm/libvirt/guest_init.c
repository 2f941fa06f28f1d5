// /init of the test guest: loads what virtual devices it finds modules for, answers each byte on
// the channel dev.cove.control.0 with a line that counts, and powers off when the power button is
// pressed.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char* const kWanted[] = {"virtio.ko",
                                      "virtio_ring.ko",
                                      "virtio_pci_legacy_dev.ko",
                                      "virtio_pci_modern_dev.ko",
                                      "virtio_pci.ko",
                                      "virtio_console.ko",
                                      "button.ko",
                                      "evdev.ko"};
enum { kWantedCount = sizeof kWanted / sizeof *kWanted };
static char found[kWantedCount][512];

static int note_module(const char* path, const struct stat* status, int type, struct FTW* at) {
  (void)status;
  if (type != FTW_F) return 0;
  for (int i = 0; i < kWantedCount; ++i) {
    if (strcmp(path + at->base, kWanted[i]) == 0) snprintf(found[i], sizeof *found, "%s", path);
  }
  return 0;
}

// Dependencies are not known here, so whatever does not load yet is tried again while others do.
static void load_modules(void) {
  nftw("/", note_module, 16, FTW_PHYS | FTW_MOUNT);
  for (int progress = 1; progress;) {
    progress = 0;
    for (int i = 0; i < kWantedCount; ++i) {
      if (found[i][0] == '\0') continue;
      const int fd = open(found[i], O_RDONLY | O_CLOEXEC);
      if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0) {
        found[i][0] = '\0';
        progress = 1;
      }
      if (fd >= 0) close(fd);
    }
  }
}

static int open_channel(void) {
  DIR* ports = opendir("/sys/class/virtio-ports");
  if (ports == NULL) return -1;
  for (struct dirent* entry; (entry = readdir(ports)) != NULL;) {
    char path[600];
    char name[64] = "";
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
    FILE* file = fopen(path, "re");
    if (file == NULL) continue;
    if (fscanf(file, "%63s", name) != 1) name[0] = '\0';
    fclose(file);
    if (strcmp(name, "dev.cove.control.0") != 0) continue;
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    closedir(ports);
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  }
  closedir(ports);
  return -1;
}

static int open_power_button(void) {
  for (int i = 0; i < 16; ++i) {
    char path[32];
    char name[64] = "";
    snprintf(path, sizeof path, "/dev/input/event%d", i);
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) continue;
    ioctl(fd, EVIOCGNAME(sizeof name - 1), name);
    if (strcmp(name, "Power Button") == 0) return fd;
    close(fd);
  }
  return -1;
}

static void answer(int channel) {
  static unsigned count = 0;
  char byte;
  while (read(channel, &byte, 1) == 1) {
    char line[32];
    const int length = snprintf(line, sizeof line, "%u\n", ++count);
    if (write(channel, line, (size_t)length) != length) return;
  }
}

static void watch_button(int button) {
  struct input_event event;
  if (read(button, &event, sizeof event) != sizeof event) return;
  if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1) {
    puts("cove-test: power button pressed");
    sync();
    reboot(RB_POWER_OFF);
  }
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  mkdir("/dev", 0755);
  mkdir("/sys", 0755);
  mount("dev", "/dev", "devtmpfs", 0, "");
  mount("sys", "/sys", "sysfs", 0, "");
  load_modules();
  // The port's name comes in a message of its own, some time after the driver.
  int channel = open_channel();
  for (int i = 0; i < 250 && channel < 0 && access("/sys/class/virtio-ports", F_OK) == 0; ++i) {
    usleep(20000);
    channel = open_channel();
  }
  const int button = open_power_button();
  printf("cove-test: channel %s, power button %s\n", channel >= 0 ? "yes" : "no",
         button >= 0 ? "yes" : "no");
  puts("cove-test: ready");
  while (1) {
    struct pollfd events[] = {{channel, POLLIN, 0}, {button, POLLIN, 0}};
    poll(events, 2, -1);
    if (events[0].revents & POLLIN) answer(channel);
    if (events[1].revents & POLLIN) watch_button(button);
    // A host that is not connected keeps the port in POLLHUP.
    if (events[0].revents & POLLHUP) usleep(20000);
  }
}
