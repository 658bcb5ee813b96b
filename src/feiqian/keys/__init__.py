"""Where private keys live: software now; tokens, TPM, passkeys and cards behind the same port."""
