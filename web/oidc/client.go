package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The bounds of every outgoing request.
const (
	outgoingTime = 10 * time.Second
	outgoingSize = 1 << 20
	keysPause    = time.Minute // between two requests for a provider's keys
	failedPause  = 5 * time.Second
	maxRedirects = 3
)

// outgoing sends the requests to one provider, and notes whether they are answered.
type outgoing struct {
	base http.RoundTripper
	now  func() time.Time

	mu       sync.Mutex
	down     time.Time // since when there has been no answer; zero if there is one
	why      error     // the last error
	keysURL  string
	keysNext time.Time // when the keys may be requested again
}

// client returns the client for all requests to the provider.
func (o *outgoing) client() *http.Client {
	return &http.Client{Transport: o, Timeout: outgoingTime, CheckRedirect: checkRedirect}
}

// checkRedirect lets a read follow a redirect to an address that is equally safe. A request with a code or a secret
// follows none.
func checkRedirect(r *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	case via[0].Method != http.MethodGet || via[0].Header.Get("Authorization") != "":
		return errors.New("a redirect of a request with secrets")
	case r.URL.Scheme != "https" && (via[0].URL.Scheme != "http" || !secure(r.URL)):
		return errors.New("a redirect to plain http")
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (o *outgoing) RoundTrip(r *http.Request) (*http.Response, error) {
	keys := o.isKeys(r.URL)
	if keys {
		if err := o.takeKeys(); err != nil {
			return nil, err
		}
	}
	res, err := o.base.RoundTrip(r)
	if err != nil {
		if !given(r) {
			o.note(err, keys)
		}
		return nil, err
	}
	var none error
	if res.StatusCode >= http.StatusInternalServerError {
		none = answered(res.Status)
	}
	o.note(none, keys)
	res.Body = &bounded{ReadCloser: res.Body, left: outgoingSize, broke: func() {
		if !given(r) {
			o.note(errCutShort, keys)
		}
	}}
	return res, nil
}

// given reports whether this side gave a request up, for example because a browser went away: that says nothing about
// the provider.
func given(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }

func (o *outgoing) isKeys(u *url.URL) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.keysURL != "" && u.String() == o.keysURL
}

// takeKeys refuses to fetch the keys too often: anyone can send a token that names a key that does not exist.
func (o *outgoing) takeKeys() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if now.Before(o.keysNext) {
		return errors.New("the keys were asked for a moment ago")
	}
	o.keysNext = now.Add(keysPause)
	return nil
}

// note records that the provider has answered, or why not. Keys that could not be fetched may be requested again soon.
func (o *outgoing) note(why error, keys bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	switch {
	case why == nil:
		o.down = time.Time{}
	case o.down.IsZero():
		o.down = now
	}
	if o.why = why; keys && why != nil {
		o.keysNext = now.Add(failedPause)
	}
}

// since returns since when the provider has not answered, zero if it does.
func (o *outgoing) since() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.down
}

// trouble returns why the provider did not answer last time, nil if it did.
func (o *outgoing) trouble() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.why
}

func (o *outgoing) useKeys(address string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keysURL = address
}

// bounded is the body of an answer. It fails if the answer is longer than any should be.
type bounded struct {
	io.ReadCloser
	left  int64
	broke func() // called if the answer stops before its end
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer is longer than %d bytes", outgoingSize)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		b.broke()
	}
	return n, err
}

// transport returns the standard transport, which honours the variables for proxies and certificates, with time limits.
func transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	t.MaxResponseHeaderBytes = 64 << 10
	t.ResponseHeaderTimeout = outgoingTime
	t.MaxConnsPerHost = 16
	return t
}
