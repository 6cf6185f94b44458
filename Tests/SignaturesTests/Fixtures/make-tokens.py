#!/usr/bin/env python3
"""Makes the keys and tokens of this folder with openssl(1) and joserfc (pip install joserfc), which share no code with
the host. Run in an empty folder; the private keys are not kept. tokens.txt: algorithm, public key, token."""
import subprocess

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

KEYS = {
    "rsa": ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", RSAKey, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
    "p256": ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", ECKey, ["ES256"]),
    "p384": ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", ECKey, ["ES384"]),
    "p521": ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", ECKey, ["ES512"]),
}
ISSUED = 1767225600  # 2026-01-01T00:00:00Z

with open("tokens.txt", "w") as tokens:
    for name, (options, kind, algorithms) in KEYS.items():
        private = subprocess.run(["openssl", "genpkey", *options.split()], check=True, capture_output=True).stdout
        subprocess.run(["openssl", "pkey", "-pubout", "-out", f"{name}.pem"], input=private, check=True)
        subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER", "-out", f"{name}.der"], input=private, check=True)
        key = kind.import_key(private.decode())
        for algorithm in algorithms:
            claims = {"sub": "alice", "iat": ISSUED, "jti": f"fixture-{algorithm}"}
            token = jwt.encode({"alg": algorithm, "kid": "fixture"}, claims, key, registry=JWSRegistry(algorithms=[algorithm]))
            tokens.write(f"{algorithm} {name} {token}\n")
        if name == "rsa":
            subprocess.run(["openssl", "rsa", "-RSAPublicKey_out", "-out", "rsa-pkcs1.pem"], input=private, check=True)
            subprocess.run(["openssl", "rsa", "-RSAPublicKey_out", "-outform", "DER", "-out", "rsa-pkcs1.der"], input=private, check=True)
subprocess.run("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 | openssl pkey -pubout -out rsa-1024.pem", shell=True, check=True)
subprocess.run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 | openssl pkey -pubout -out secp256k1.pem", shell=True, check=True)
subprocess.run("openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=signer -days 3650 -out certificate.pem", shell=True, check=True)
