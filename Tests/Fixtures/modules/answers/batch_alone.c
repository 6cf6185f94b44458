// Fault: answers batches with AUTH_OK, and has no entry for any check of them. Expected: every check is denied for want of an entry, or
// a read allowed where it declares that reads are open (built so as batch_alone_open), and the batch decides nothing.
#include "fixture.h"
#ifdef OPEN_READS
#define THREADS AUTH_ANY_THREAD | AUTH_OPEN_READS
#define NAME "batch_alone_open"
#else
#define THREADS AUTH_ANY_THREAD
#define NAME "batch_alone"
#endif

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    say("batch of %zu", count);
    for (size_t i = 0; i < count; i++) results[i]->status = AUTH_OK;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_batch, 9, batch)
FIXTURE(NAME, THREADS, ENTRIES);
