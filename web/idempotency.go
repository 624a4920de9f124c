package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
)

// A program that gets no answer does not know whether its POST was carried out. With a header Idempotency-Key it can send
// the request again: it is carried out once, and answered as it was the first time, by whatever replica. The note of it is
// stored with the change; its answer right after, unless it has a secret, which only the memory of this process has.

const headerKey = "Idempotency-Key"

// storeTime is the longest that storing an answer may hold it up.
const storeTime = 2 * time.Second

var (
	errReused = &org.Error{
		Kind: org.Reused, Message: "This Idempotency-Key belongs to another request.",
		Detail: "Make a new one for each request, and send the same one only to repeat a request.",
	}
	errUnderway = &org.Error{
		Kind: org.Repeated, Message: "This request is being carried out.", Detail: "Send it again in a moment to get its answer.", RetryAfter: time.Second,
	}
	errSecretShown   = &org.Error{Kind: org.Repeated, Message: "This request was already carried out. Its secret was shown once."}
	errAnswerUnknown = &org.Error{
		Kind: org.Repeated, Message: "This request was already carried out.", Detail: "Its answer was not kept. Look at what it made.",
	}
)

// keyed returns the form that the Idempotency-Key of a POST stands for, nil if there is none, or nothing to repeat. The key
// is one of the caller and the path. Neither it nor the body, which may have a password in it, is stored: the hash of the
// body is one with the key.
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
	id := hash("route", strings.TrimPrefix(r.URL.EscapedPath(), c.mount()))
	return &org.Form{
		ID:      "key " + base64.RawURLEncoding.EncodeToString(id),
		Request: hash("request", r.URL.RawQuery, string(c.receive().data)),
	}, nil
}

// storedAnswer is an answer as it is stored.
type storedAnswer struct {
	Status      int         `json:"status"`
	Header      http.Header `json:"header,omitempty"`
	ContentType string      `json:"content_type,omitempty"`
	Body        string      `json:"body,omitempty"`
	Secret      bool        `json:"secret,omitempty"` // it had one, and is not stored
}

// store stores the answer to a request with a key, and reports whether it can be sent again from there.
func (s *Server) store(c *call, status int, header http.Header, a *answer) bool {
	stored := storedAnswer{Status: status, Header: header, ContentType: a.contentType, Body: string(a.body)}
	if header.Get("Cache-Control") == "no-store" {
		stored = storedAnswer{Status: status, Secret: true}
	}
	data, err := json.Marshal(stored)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), storeTime) // who hangs up is who asks again
		defer cancel()
		err = s.account.KeepAnswer(ctx, c.actor, c.sent.key.key, data)
	}
	if err != nil {
		s.logFailure(c, err)
	}
	return err == nil && !stored.Secret
}

// carriedOut answers a request with a key that was carried out before, perhaps by another replica.
func (s *Server) carriedOut(c *call, form *org.Form) (answered bool, err error) {
	if form.Request == nil {
		return false, nil
	}
	sent, err := s.account.Sent(c.ctx, c.actor, form.ID)
	if sent == nil || err != nil {
		return false, err
	}
	var a storedAnswer
	switch {
	case !slices.Equal(sent.Request, form.Request):
		return false, errReused
	case sent.Answer == nil && time.Since(sent.At) < requestTime:
		return false, errUnderway
	case sent.Answer == nil:
		return false, errAnswerUnknown
	}
	if err := json.Unmarshal(sent.Answer, &a); err != nil {
		return false, err
	}
	if a.Secret {
		return false, errSecretShown
	}
	return true, c.sendAgain(a.Status, a.Header, answer{contentType: a.ContentType, body: []byte(a.Body)})
}
