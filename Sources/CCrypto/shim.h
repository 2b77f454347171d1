// libcrypto's digests: what Swift needs of OpenSSL and nothing else.
#include <openssl/evp.h>
