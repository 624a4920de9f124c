package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"rolecall.example/org"
)

// A program that gets no answer does not know whether its POST was carried out. With a header Idempotency-Key it can send
// the request again: it is carried out once, and answered as it was the first time, on every replica. What the answer
// is made from is stored in the transaction of the change (org/unit/sentform.go). An answer with a secret is only kept
// in the memory of this process.

const headerKey = "Idempotency-Key"

// keyed returns the form that the Idempotency-Key of a POST stands for; nil if there is no key, or nothing to repeat. A
// key belongs to a caller and a path. Neither the key nor the body, which may contain a password, is stored: only a
// hash of both.
func (c *call) keyed() (*org.Form, error) {
	r := c.request()
	keys := r.Header.Values(headerKey)
	if len(keys) == 0 || r.Method != http.MethodPost || c.as != asJSON || !c.route.Offers(API) || c.route.Offers(Decides) || c.actor == nil || c.actor.Operator {
		return nil, nil
	}
	if dry, err := c.wantsDryRun(); dry || err != nil {
		return nil, nil //nolint:nilerr // the next step reports it
	}
	key := keys[0]
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(keys) > 1 || key == "" || len(key) > 64 || strings.ContainsFunc(key, odd) {
		return nil, org.FieldErrors{{Field: headerKey, Detail: "must be one key of 1 to 64 visible ASCII characters"}}.Err("Header values are invalid.")
	}
	hash := func(parts ...string) []byte {
		h := hmac.New(sha256.New, []byte(key))
		for _, part := range parts {
			_, _ = h.Write([]byte(part + "\n")) // a hash takes everything
		}
		return h.Sum(nil)
	}
	of := []string{"route", strings.TrimPrefix(r.URL.EscapedPath(), c.mount())}
	if limits := c.actor.Limits(); limits.Any() { // other answers to the account may contain more than the token reaches
		of = append(of, c.actor.TokenID)
	}
	id := hash(of...)
	return &org.Form{
		ID:      "key " + base64.RawURLEncoding.EncodeToString(id),
		Request: hash("request", r.URL.RawQuery, string(c.receive().data)),
	}, nil
}
