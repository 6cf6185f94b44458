// What a module in a helper asks of its host.
#define _GNU_SOURCE
#include "remote.h"

#include <authhost/status.h>
#include <authhost/types6.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

// Threads that do at once what may block and was asked for outside of an entry point.
#define MAXIMUM_SLOW 16

static void event(const auth_host_t *table, const uint64_t *slots) {
    logininfo_t login = {table, (session_t *)(uintptr_t)slots[0]};
    const char *name = (const char *)(uintptr_t)slots[1], *more = (const char *)(uintptr_t)slots[2];
    mapinfo_t map = {table, login.session, name, more};
    checkwriteinfo_t write = {table, login.session, name, more};
    void *data = slots[3] == THREADS_AUTH_MAPPED ? (void *)&map : slots[3] == THREADS_AUTH_CHECKWRITE ? &write : (void *)&login;
    table->event(data, (short)slots[3], (short)slots[4]);
}

static int64_t object_value(const auth_host_t *table, const uint64_t *slots) {
    const char *name = (const char *)(uintptr_t)slots[0];
    if (!name) return -1;
    auth_object_t object = {sizeof object, AUTH_OBJECT_UNKNOWN, 0, {name, strlen(name)}};
    return table->object_get_value(table, &object, (const char *)(uintptr_t)slots[1], (char *)(uintptr_t)slots[2],
                                   (size_t)slots[3]);
}

static int64_t call_host(const auth_host_t *table, uint32_t number, const uint64_t *slots) {
#define TEXT(i) ((const char *)(uintptr_t)slots[i])
    switch (number) {
    case WIRE_HOST_LOG: return table->log(table, (int)slots[0], TEXT(1)), 0;
    case WIRE_HOST_OPTION: return (int64_t)(intptr_t)table->option(table, TEXT(0), (size_t)slots[1]);
    case WIRE_HOST_COMPLETE: return table->complete(table, slots[0], (int)slots[1], (auth_result_t *)(uintptr_t)slots[2]);
    case WIRE_HOST_PENDING: return (int64_t)table->pending(table, (const auth_session_6_ *)(uintptr_t)slots[0]);
    case WIRE_HOST_EVENT: return event(table, slots), 0;
    case WIRE_HOST_EJECT: return table->eject(table, TEXT(0), (int)slots[1], TEXT(2), TEXT(3));
    case WIRE_HOST_INVALIDATE: return table->invalidate(table, (uint32_t)slots[0], TEXT(1), slots[2]);
    case WIRE_HOST_ATTRIBUTE:
        return table->session_attribute(table, slots[0], (uint32_t)slots[1], (char *)(uintptr_t)slots[2], (size_t)slots[3]);
    case WIRE_HOST_SIGNATURE:
        return table->signature_check(table, TEXT(0), TEXT(1), TEXT(2), (char *)(uintptr_t)slots[3], (size_t)slots[4]);
    case WIRE_HOST_VALUE: return object_value(table, slots);
    case WIRE_HOST_CREDENTIAL: return table->credential(table, TEXT(0), TEXT(1), (auth_result_t *)(uintptr_t)slots[2]);
    case WIRE_HOST_COMPLETED: return table->credential_completed(table, TEXT(0), (uint32_t)slots[1], (int)slots[2]), 0;
    case WIRE_HOST_EJECT_SESSION: return table->eject_session(table, slots[0]);
    case WIRE_HOST_TRUSTS: return table->trusts_owner(table, (uint32_t)slots[0]);
    default: return table->rules_state(table, (uint32_t)slots[0], TEXT(1));
    }
#undef TEXT
}

void helper_answer(cffi_helper *helper, struct message *message) {
    const char *shape = wire_host_shape(message->head.number);
    uint64_t slots[WIRE_PARAMETERS] = {0};
    wire_lent lent = {0};
    if (!shape || !wire_unpack(&message->in, shape, slots, &lent)) {
        helper_fault(helper, "it asked for host function %u with what are no arguments of one", message->head.number);
    } else {
        int64_t value = call_host(helper->table, message->head.number, slots);
        wire_head head = {WIRE_TELL, message->head.number, message->head.call, message->head.ask, value};
        const char *option = NULL;
        if (head.number == WIRE_HOST_OPTION) {
            option = (const char *)(intptr_t)value;
            head.value = option != NULL;
        }
        wire_out out;
        wire_begin(&out, head);
        wire_pack_results(&out, shape, slots);
        if (head.number == WIRE_HOST_OPTION) wire_put_text(&out, option, option ? strlen(option) : 0);
        if (head.ask != 0) {
            pthread_mutex_lock(&helper->sending);
            enum ring_result put = out.failed ? RING_FULL : ring_put(&helper->tells, out.bytes, out.length);
            pthread_mutex_unlock(&helper->sending);
            if (put != RING_DONE) helper_fault(helper, "it does not take the answers of host functions");
        }
        wire_finish(&out);
    }
    wire_release(&lent);
    helper_drop(message);
}

struct slow_work {
    cffi_helper *helper;
    struct message *message;
};

static void *answer_slowly(void *context) {
    struct slow_work work = *(struct slow_work *)context;
    free(context);
    helper_answer(work.helper, work.message);
    atomic_fetch_sub(&work.helper->slow, 1);
    return NULL;
}

void helper_answer_aside(cffi_helper *helper, struct message *message) {
    struct slow_work *work = atomic_load(&helper->slow) < MAXIMUM_SLOW ? malloc(sizeof *work) : NULL;
    if (!work) return helper_answer(helper, message);
    *work = (struct slow_work){helper, message};
    atomic_fetch_add(&helper->slow, 1);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, answer_slowly, work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        atomic_fetch_sub(&helper->slow, 1);
        free(work);
        return helper_answer(helper, message);
    }
    pthread_detach(thread);
}
