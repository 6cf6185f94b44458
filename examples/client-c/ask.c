// Asks an authhost whether a user may read, write or create an object, with libauthhost.
//
//     cc ask.c $(pkg-config --cflags --libs authhost-client) -o ask
//     ./ask /run/authhost/native.sock alice read /FX/EURUSD <password.txt
//
// Ends with 0 for yes, 2 for no, 1 for everything that could not be decided: a program that denies unless it sees 0 fails
// closed. Each answer is printed with the id of its decision, which leads to the line in authhost's audit log.
#include <authhost.h>
#include <stdio.h>
#include <string.h>

static int ask(authhost_t *client, authhost_question_t *question, authhost_answer_t *answer) {
    char decision[AUTHHOST_DECISION_SIZE] = "";
    question->decision = decision;
    authhost_wait(client, question, answer);
    static const char *const words[] = {"?", "allow", "deny", "wrong credentials", "over a limit", "ejected", "undecided"};
    printf("%s: %s%s%s", words[answer->verdict], answer->reason, answer->text[0] ? ": " : "", answer->text);
    printf(decision[0] ? " (decision %s)\n" : "\n", decision);
    return answer->verdict == AUTHHOST_ALLOW ? 0 : answer->verdict == AUTHHOST_UNDECIDED ? 1 : 2;
}

int main(int count, char **arguments) {
    authhost_action_t action = 0;
    if (count == 5 && strcmp(arguments[3], "read") == 0) action = AUTHHOST_READ;
    if (count == 5 && strcmp(arguments[3], "write") == 0) action = AUTHHOST_WRITE;
    if (count == 5 && strcmp(arguments[3], "create") == 0) action = AUTHHOST_CREATE;
    char password[4098] = "";
    if (!action || !fgets(password, sizeof password, stdin)) {
        fprintf(stderr, "usage: ask ADDRESS USER read|write|create OBJECT, and the password on standard input\n");
        return 1;
    }
    password[strcspn(password, "\n")] = 0;

    authhost_options_t options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.address = arguments[1];
    options.fails_fast = 1;
    authhost_t *client = authhost_open(&options);
    if (!client) {
        perror("ask");
        return 1;
    }
    authhost_answer_t answer;
    authhost_question_t login = authhost_question(AUTHHOST_QUESTION_LOGIN);
    login.user = arguments[2];
    login.password = password;
    int status = ask(client, &login, &answer);
    if (status == 0) {
        authhost_question_t check = authhost_question(AUTHHOST_QUESTION_CHECK);
        check.session = answer.session;
        check.action = action;
        check.name = arguments[4];
        status = ask(client, &check, &answer);
        authhost_logout(client, check.session, &answer);
    }
    authhost_close(client);
    return status;
}
