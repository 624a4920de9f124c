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

// keyBytes makes it AES-256.
const keyBytes = 32

// ErrNoKey means that nothing can be sealed, since no key is set.
var ErrNoKey = errors.New("no secret key is set")

// Vault seals seeds with a key that is not in the database, so that a copy of the database gives no codes away.
type Vault struct {
	path string // of the file with the keys, "" for none
	make bool   // it is made when it is first needed

	mu   sync.Mutex
	keys []cipher.AEAD // the first seals, all open; nil until they are read
}

// NewVault takes its keys from a file: 32 bytes in Base64 a line, of which the first seals and all open. If create is set and
// there is no such file, it is made with the first seed. Without a path nothing is sealed.
func NewVault(path string, create bool) *Vault { return &Vault{path: path, make: create} }

// Check reads the file, if there is one. Errors: it cannot be read, or is not as [NewVault] says.
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

// Seal encrypts a text that belongs to what about names: opened for anything else, it is refused. ErrNoKey: no key is set.
func (v *Vault) Seal(text []byte, about string) ([]byte, error) {
	keys, err := v.open(true)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, keys[0].NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return keys[0].Seal(nonce, nonce, text, []byte(about)), nil
}

// Open decrypts what [Vault.Seal] returned. Errors: none of the keys is the one that sealed it, or about is another.
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

// open reads the keys once, and makes the first one if it may.
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

// create makes the file, which the owner of the process alone may read. It is on disk before anything is sealed with it.
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
