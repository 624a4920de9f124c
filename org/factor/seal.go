package factor

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// keyBytes selects AES-256.
const keyBytes = 32

// ErrNoKey means that nothing can be sealed, since no key is set.
var ErrNoKey = errors.New("no secret key is set")

// Vault seals seeds with a key that is not in the database, so that a copy of the database reveals no codes.
type Vault struct {
	path string // of the file with the keys, "" for none
	make bool   // create it when it is first needed

	mu   sync.Mutex
	keys []cipher.AEAD // the first one seals, all can open; nil until read
}

// NewVault takes its keys from a file: one per line, 32 bytes in Base64, of which the first seals and all can open. If create is
// set and there is no such file, it is created when the first seed is sealed. Without a path nothing is sealed.
func NewVault(path string, create bool) *Vault { return &Vault{path: path, make: create} }

// Check reads the file, if it exists. Errors: it cannot be read, or differs from what [NewVault] says.
func (v *Vault) Check() error {
	if v.path == "" {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.read()
	if v.make && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// CanSeal reports whether there is a key, or may be one.
func (v *Vault) CanSeal() bool { return v.path != "" }

// Seal encrypts a text for the owner that about names: Open refuses it for anything else. ErrNoKey: no key is set.
func (v *Vault) Seal(text []byte, about string) ([]byte, error) {
	keys, err := v.open(true)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, keys[0].NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return keys[0].Seal(nonce, nonce, text, []byte(about)), nil
}

// Open decrypts what [Vault.Seal] returned. Errors: none of the keys sealed it, or about differs.
func (v *Vault) Open(sealed []byte, about string) ([]byte, error) {
	keys, err := v.open(false)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if n := key.NonceSize(); len(sealed) > n {
			if text, err := key.Open(nil, sealed[:n], sealed[n:], []byte(about)); err == nil {
				return text, nil
			}
		}
	}
	return nil, fmt.Errorf("%s has no key that opens %s", v.path, about)
}

// open reads the keys once, and creates the first one if allowed.
func (v *Vault) open(create bool) ([]cipher.AEAD, error) {
	if v.path == "" {
		return nil, ErrNoKey
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys != nil {
		return v.keys, nil
	}
	err := v.read()
	if create && v.make && errors.Is(err, fs.ErrNotExist) {
		if err = v.create(); err == nil {
			err = v.read()
		}
	}
	return v.keys, err
}

func (v *Vault) read() error {
	text, err := os.ReadFile(v.path)
	if err != nil {
		return err
	}
	var keys []cipher.AEAD
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != keyBytes {
			return fmt.Errorf("%s: line %d is not a key of %d bytes in Base64, as of openssl rand -base64 %d", v.path, len(keys)+1, keyBytes, keyBytes)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return err
		}
		keys = append(keys, aead)
	}
	if len(keys) == 0 {
		return fmt.Errorf("%s has no key: write one with openssl rand -base64 %d", v.path, keyBytes)
	}
	v.keys = keys
	return nil
}

// create creates the file, which only the owner of the process may read. It is on disk before anything is sealed with it.
func (v *Vault) create() (err error) {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails
	f, err := os.OpenFile(v.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key))
	return errors.Join(err, f.Sync(), f.Close())
}
