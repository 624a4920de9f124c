// Package factor makes and checks second factors of sign-ins: the codes of authenticator apps (RFC 6238), codes for when
// the app is lost, and the sealed form in which their seeds are stored. It knows neither accounts nor a database. Its API
// may change without notice.
package factor

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	period    = 30 // seconds
	seedBytes = 20 // as long as a hash of SHA-1, RFC 4226 §4
)

// opts are supported by every authenticator app.
var opts = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

var b32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSeed makes the seed of an app.
func NewSeed() []byte {
	seed := make([]byte, seedBytes)
	_, _ = rand.Read(seed) // never fails
	return seed
}

// Enrolment is what an app needs once to be set up.
type Enrolment struct {
	Secret string // the seed, to type in
	URL    string // an otpauth:// URL with all of it
	QR     string // the same as a picture, a data: URL
}

// Enrol returns what an app needs to be set up: issuer is the site, account is whose codes they are.
func Enrol(seed []byte, issuer, account string) (e Enrolment, err error) {
	e.Secret = b32.EncodeToString(seed)
	// Colons separate the two in the label of the URL.
	issuer, account = strings.ReplaceAll(issuer, ":", " "), strings.ReplaceAll(account, ":", " ")
	key, err := otp.NewKeyFromURL(fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=6&period=%d",
		escape(issuer), escape(account), e.Secret, escape(issuer), period))
	if err != nil {
		return e, err
	}
	e.URL = key.URL()
	picture, err := key.Image(200, 200)
	if err != nil {
		return e, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return e, err
	}
	e.QR = "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
	return e, nil
}

// Step returns the period of a code: the current one, or the one before or after it, since clocks differ. Only a step
// after last counts, so that no code counts twice. ok is false for any other code.
func Step(seed []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	code = plain(code)
	current := now.Unix() / period
	for s := current - 1; s <= current+1; s++ {
		want, err := hotp.GenerateCodeCustom(b32.EncodeToString(seed), uint64(s), opts)
		// All three are compared, even if an earlier one matches.
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

// Code returns the code that the app shows now.
func Code(seed []byte, now time.Time) (string, error) {
	return hotp.GenerateCodeCustom(b32.EncodeToString(seed), uint64(now.Unix()/period), opts)
}

// plain returns a code without the separators that people type.
func plain(code string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '\t' {
			return -1
		}
		return r
	}, code))
}
