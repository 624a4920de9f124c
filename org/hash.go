package org

import (
	"crypto/sha256"
	"encoding/binary"
)

// HashOf returns the SHA-256 of some fields. Each is hashed with its length, so that no two lists look the same.
func HashOf(fields ...string) []byte {
	h := sha256.New()
	for _, field := range fields {
		_ = binary.Write(h, binary.BigEndian, uint64(len(field))) // a hash takes everything
		_, _ = h.Write([]byte(field))
	}
	return h.Sum(nil)
}
