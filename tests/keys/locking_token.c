/* A PKCS#11 module that locks after three wrong PINs in a row, as hardware tokens do and SoftHSM does not.
 *
 * Every call is the real module's (REAL), except C_Login: once three answers in a row were CKR_PIN_INCORRECT, it
 * answers CKR_PIN_LOCKED and asks the real one no more. Built and used by test_pkcs11.py only.
 */
#include <dlfcn.h>
#include <string.h>

typedef unsigned long CK_ULONG;
typedef CK_ULONG (*Function)(void);
typedef CK_ULONG (*Login)(CK_ULONG session, CK_ULONG user, unsigned char *pin, CK_ULONG length);

enum { LOGIN = 18, FUNCTIONS = 68, TRIES = 3 };
static const CK_ULONG CKR_OK = 0, CKR_FUNCTION_FAILED = 6, CKR_PIN_INCORRECT = 0xA0, CKR_PIN_LOCKED = 0xA4;

/* CK_FUNCTION_LIST of PKCS#11 2.40: the version, then the functions in the order of the standard. */
struct List {
    unsigned char version[2];
    Function functions[FUNCTIONS];
};

static struct List ours;
static Login real_login;
static int wrong;

static CK_ULONG counting_login(CK_ULONG session, CK_ULONG user, unsigned char *pin, CK_ULONG length) {
    if (wrong >= TRIES) return CKR_PIN_LOCKED;
    CK_ULONG answer = real_login(session, user, pin, length);
    if (answer == CKR_PIN_INCORRECT) wrong += 1;
    if (answer == CKR_OK) wrong = 0;
    return answer;
}

CK_ULONG C_GetFunctionList(struct List **list) {
    if (!real_login) {
        void *module = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
        CK_ULONG (*get)(struct List **) = module ? (CK_ULONG (*)(struct List **))dlsym(module, "C_GetFunctionList") : 0;
        struct List *real;
        if (!get || get(&real) != CKR_OK) return CKR_FUNCTION_FAILED;
        memcpy(&ours, real, sizeof ours);
        real_login = (Login)ours.functions[LOGIN];
        ours.functions[LOGIN] = (Function)counting_login;
    }
    *list = &ours;
    return CKR_OK;
}
