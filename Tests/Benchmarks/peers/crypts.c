// What crypt(3) can do on this machine: the floor of log-ins whose passwords are dear.
//
//   crypts make PREFIX [COST]        prints a setting's hash of the password `secret`
//   crypts run HASH THREADS SECONDS  checks it on so many threads; prints checks a second
#define _GNU_SOURCE
#include <crypt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 256 };

static const char *hash;
static int64_t until;
static atomic_long checks;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void *check(void *unused) {
    struct crypt_data *data = calloc(1, sizeof *data);
    while (data && now() < until) {
        const char *made = crypt_rn("secret", hash, data, sizeof *data);
        if (!made || strcmp(made, hash) != 0) {
            fprintf(stderr, "crypts: crypt(3) does not know this hash\n");
            exit(1);
        }
        atomic_fetch_add(&checks, 1);
    }
    free(data);
    return unused;
}

static int make(const char *prefix, unsigned long cost) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data data = {0};
    if (!crypt_gensalt_rn(prefix, cost, NULL, 0, setting, sizeof setting)) return 1;
    const char *made = crypt_rn("secret", setting, &data, sizeof data);
    if (!made) return 1;
    puts(made);
    return 0;
}

int main(int count, char **arguments) {
    if (count >= 3 && strcmp(arguments[1], "make") == 0) return make(arguments[2], count > 3 ? strtoul(arguments[3], NULL, 10) : 0);
    int threads = count == 5 && strcmp(arguments[1], "run") == 0 ? atoi(arguments[3]) : 0;
    if (threads < 1 || threads > MOST) {
        fprintf(stderr, "usage: crypts make PREFIX [COST] | run HASH THREADS SECONDS\n");
        return 3;
    }
    hash = arguments[2];
    int64_t begun = now();
    until = begun + (int64_t)(atof(arguments[4]) * 1e9);
    pthread_t all[MOST];
    for (int i = 0; i < threads; i++) pthread_create(&all[i], NULL, check, NULL);
    for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
    printf("%.2f\n", (double)checks / ((double)(now() - begun) / 1e9));
    return 0;
}
