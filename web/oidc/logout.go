package oidc

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"

	"rolecall.example/org"
)

// SignedOutPath is where providers send browsers after signing out.
const SignedOutPath = "/login/signed-out"

const (
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	logoutType  = "logout+jwt"
	// How long a notice is remembered. An older one is refused for its age.
	noticeTime = 2 * maxIssued
	hintTime   = 2 * time.Minute
	maxCookie  = 3 << 10 // of a hint: browsers keep cookies of 4 KiB
)

// Ended checks a provider's notice that a session there has ended. Invalid: the notice is not valid.
func (p *Providers) Ended(ctx context.Context, id, raw string) (e org.EndedThere, err error) {
	one, err := p.find(id)
	if err != nil {
		return e, err
	}
	k, err := one.ready()
	if err != nil {
		return e, err
	}
	ctx, cancel := context.WithTimeout(ctx, outgoingTime)
	defer cancel()
	token, err := p.verifier(one, k).VerifyLogout(ctx, raw)
	if err == nil {
		err = p.checkNotice(raw, token)
	}
	if err != nil {
		return e, &org.Error{Kind: org.Invalid, Message: "invalid_request", Err: err}
	}
	return org.EndedThere{
		Provider: id, Issuer: one.Issuer, Subject: token.Subject, SID: token.SessionID,
		Once: sha256.Sum256([]byte(one.Issuer + "\x00" + token.TokenID)), Until: p.Now().Add(noticeTime),
	}, nil
}

// checkNotice checks what the library does not check, or accepts under names that differ in case.
func (p *Providers) checkNotice(raw string, token *goidc.LogoutToken) error {
	claims, err := claimsOf(token)
	if err != nil {
		return err
	}
	header, err := headerOf(raw)
	if err != nil {
		return err
	}
	kind, _ := header["typ"].(string)
	events, _ := claims["events"].(map[string]any)
	_, member := events[logoutEvent].(map[string]any)
	_, nonce := claims["nonce"]
	switch {
	case kind != "" && !strings.EqualFold(kind, logoutType) && !strings.EqualFold(kind, "JWT"):
		return errors.New("it is another kind of token")
	case !member:
		return errors.New("events does not say that a session ended")
	case nonce:
		return errors.New("it has a nonce, as ID tokens do")
	case p.Now().Sub(token.IssuedAt).Abs() > maxIssued:
		return errors.New("iat is not now")
	case claims["jti"] != token.TokenID || len(token.Subject) > maxSubject || len(token.SessionID) > maxSubject:
		return errors.New("jti, sub or sid is no text of a length that any has")
	}
	return nil
}

// Hint keeps, for the next page, what identifies the ended session to the provider. nil: there is nothing to end at the
// provider.
func (p *Providers) Hint(id, idToken string) *http.Cookie {
	one, err := p.find(id)
	if err != nil || one.Logout == LogoutOff {
		return nil
	}
	if len(idToken) > maxCookie {
		idToken = ""
	}
	return p.cookie(p.hintName(), id+"~"+idToken, hintTime)
}

func (p *Providers) hintName() string {
	if p.AccessURL.Scheme == "https" {
		return "__Host-rolecall-oidc-out"
	}
	return "rolecall-oidc-out"
}

// Leave describes how to end the session at a provider too.
type Leave struct {
	Name  string       // of the provider
	URL   string       // where it ends; "" if the provider has no such page
	Auto  bool         // the browser goes there by itself
	Taken *http.Cookie // deletes the hint; nil if there was none
}

// Leaving returns where to send a browser whose session with a provider has ended here. The browser goes on by itself
// only with the hint that this server gave it: anyone can link to the page. NotFound: there is no such provider.
func (p *Providers) Leaving(r *http.Request, id string) (l Leave, err error) {
	one, err := p.find(id)
	if err != nil {
		return l, err
	}
	l.Name = one.Name
	k := one.known.Load()
	if k == nil || k.end == "" || one.Logout == LogoutOff {
		return l, nil
	}
	u, err := url.Parse(k.end)
	if err != nil {
		return l, err
	}
	q := u.Query()
	q.Set("client_id", one.ClientID)
	q.Set("post_logout_redirect_uri", p.AccessURL.JoinPath(SignedOutPath).String())
	if c, err := r.Cookie(p.hintName()); err == nil {
		l.Taken = p.cookie(p.hintName(), "", -time.Second)
		if of, token, ok := strings.Cut(c.Value, "~"); ok && of == id {
			l.Auto = one.Logout == LogoutAuto
			if token != "" {
				q.Set("id_token_hint", token)
			}
			sum := sha256.Sum256([]byte("state\x00" + c.Value))
			q.Set("state", b64.EncodeToString(sum[:]))
		}
	}
	u.RawQuery = q.Encode()
	l.URL = u.String()
	return l, nil
}
