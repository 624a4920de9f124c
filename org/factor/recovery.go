package factor

import (
	"crypto/rand"
	"crypto/sha256"
	"net/url"
)

const (
	// RecoveryCodes is the number of codes in a set.
	RecoveryCodes = 10
	recoveryBytes = 10
)

// NewRecoveryCodes makes a set of codes, each of 80 random bits, in groups of four.
func NewRecoveryCodes() []string {
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		bits := make([]byte, recoveryBytes)
		_, _ = rand.Read(bits) // never fails
		text := b32.EncodeToString(bits)
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes
}

// RecoveryHash returns the hash that is stored of a recovery code, however it is typed.
func RecoveryHash(code string) []byte {
	hash := sha256.Sum256([]byte(plain(code)))
	return hash[:]
}

// IsRecoveryCode reports whether a text has the length of a recovery code, so that it cannot be one of an app.
func IsRecoveryCode(code string) bool { return len(plain(code)) == b32.EncodedLen(recoveryBytes) }

func escape(s string) string { return url.PathEscape(s) }
