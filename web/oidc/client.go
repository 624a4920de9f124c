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

// The bounds of every request that goes out.
const (
	outgoingTime = 10 * time.Second
	outgoingSize = 1 << 20
	keysPause    = time.Minute // between two requests for the keys of a provider
	failedPause  = 5 * time.Second
	maxRedirects = 3
)

// outgoing sends the requests to one provider. It notes whether they are answered.
type outgoing struct {
	base http.RoundTripper
	now  func() time.Time

	mu       sync.Mutex
	down     time.Time // since when nothing is answered; zero: it is
	why      error     // and what came instead last
	keysURL  string
	keysNext time.Time // when the keys may be asked for again
}

// client is how all of a provider is asked.
func (o *outgoing) client() *http.Client {
	return &http.Client{Transport: o, Timeout: outgoingTime, CheckRedirect: checkRedirect}
}

// checkRedirect follows a request that reads to another place that is as safe. One that carries a code or a secret goes
// nowhere else.
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

// given reports whether it was this side that gave a request up, as when a browser goes away: that says nothing of the provider.
func given(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }

func (o *outgoing) isKeys(u *url.URL) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.keysURL != "" && u.String() == o.keysURL
}

// takeKeys refuses to fetch the keys too often: anybody can send a token that names a key that there is not.
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

// note notes that the provider has answered, or why not. Keys that were not to be had may be asked for again soon.
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

// since is since when the provider has not answered, zero if it does.
func (o *outgoing) since() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.down
}

// trouble is why the provider did not answer last, nil if it did.
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

// bounded is the body of an answer that fails when it is longer than any should be.
type bounded struct {
	io.ReadCloser
	left  int64
	broke func() // is told when the answer stops before its end
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

// transport is the standard one: it honours the variables for proxies and certificates. What it waits for is bounded.
func transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	t.MaxResponseHeaderBytes = 64 << 10
	t.ResponseHeaderTimeout = outgoingTime
	t.MaxConnsPerHost = 16
	return t
}
