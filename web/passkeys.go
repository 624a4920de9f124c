package web

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// passkeyRoutes is the part of the table about passkeys.
var passkeyRoutes = []Route{
	{http.MethodGet, views.PasskeysURL, SignedIn, API, "list the caller's passkeys", (*Server).listPasskeys},
	{http.MethodPost, views.PasskeysURL, SignedIn, API | Page | Body | WithoutFactor, "add a passkey", (*Server).addPasskey},
	{http.MethodPost, views.PasskeysURL + "/options", SignedIn, API | Body | WithoutFactor, "begin to add a passkey", (*Server).passkeyOptions},
	{http.MethodDelete, views.PasskeysURL + "/{id}", SignedIn, API | Page | Body, "remove a passkey", (*Server).removePasskey},
	{http.MethodPost, views.LoginPasskeyURL, Public, Page | Body, "sign in with a passkey", (*Server).loginPasskey},
	{http.MethodPost, views.LoginPasskeyURL + "/options", Public, API | Body, "begin to sign in with a passkey", (*Server).loginPasskeyOptions},
}

// passkeyCookie identifies the browser that was asked for a passkey.
const (
	passkeyCookie     = "passkey"
	passkeyCookieLife = 15 * time.Minute // longer than the options are valid
)

// browser identifies the browser of a request by a cookie, which it gets if it has none. A program with a token needs
// no cookie: no one else has its token.
func (c *call) browser() string {
	if c.actor != nil && c.actor.TokenID != "" {
		return "token " + c.actor.TokenID
	}
	name := cookieName(passkeyCookie, c.server.Secure)
	if value := c.cookie(name); value != "" {
		if b, err := base64.RawURLEncoding.DecodeString(value); err == nil && len(b) == 32 {
			c.setCookie(name, value, passkeyCookieLife, true)
			return value
		}
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails
	value := base64.RawURLEncoding.EncodeToString(b)
	c.setCookie(name, value, passkeyCookieLife, true)
	return value
}

// askedAs returns the browser that sends a passkey's answer, "" if it was not asked for one.
func (c *call) askedAs() string {
	if c.actor != nil && c.actor.TokenID != "" {
		return "token " + c.actor.TokenID
	}
	return c.cookie(cookieName(passkeyCookie, c.server.Secure))
}

// readCredential reads what a browser says about a passkey: an object, or its text in a form.
func readCredential(o object) []byte {
	if o.form {
		return []byte(o.text("credential"))
	}
	fields, _ := value[map[string]any](o, "credential", "must be an object")
	text, _ := json.Marshal(fields) // it was JSON
	return text
}

// listPasskeys shows the passkeys of the caller.
func (s *Server) listPasskeys(c *call) (reply, error) {
	list, err := s.account.Passkeys(c.ctx, c.actor)
	out := client.Passkeys{Passkeys: []client.Passkey{}}
	for i := range list {
		out.Passkeys = append(out.Passkeys, wirePasskey(&list[i]))
	}
	return reply{json: out}, err
}

func wirePasskey(k *org.Passkey) client.Passkey {
	wire := client.Passkey{ID: k.ID, Name: k.Name, Synced: k.Synced, CreatedAt: wireTime(k.CreatedAt)}
	if !k.LastUsed.IsZero() {
		wire.LastUsed = &k.LastUsed
	}
	if !k.Doubted.IsZero() {
		wire.DoubtedAt = &k.Doubted
	}
	return wire
}

// showsOwn refuses a session that the policy requires to show a second factor, if its account has one and the session
// has not shown it: such a session may only add the account's first.
func (s *Server) showsOwn(c *call) error {
	if !c.session || !s.Factors.Covers(c.actor.User) || s.sessions.GetBool(c.ctx, sessionFactor) {
		return nil
	}
	f, err := s.account.Factors(c.ctx, c.actor)
	if err == nil && f.Any() {
		err = errFactorNeeded
	}
	return err
}

// passkeyOptions begins adding a passkey.
func (s *Server) passkeyOptions(c *call) (reply, error) {
	password, err := decode(c, readOwnPassword).Read()
	if err != nil {
		return reply{}, err
	}
	if err := s.showsOwn(c); err != nil {
		return reply{}, err
	}
	options, err := s.account.PasskeyOptions(c.ctx, c.actor, c.browser(), password)
	return reply{json: client.PasskeyOptions{PublicKey: options}, noStore: true}, err
}

// addPasskey adds a passkey. A browser gets a new session that has shown its factor, instead of its old one.
func (s *Server) addPasskey(c *call) (reply, error) {
	if err := s.showsOwn(c); err != nil {
		return reply{}, err
	}
	input := decode(c, func(o object) org.NewPasskey {
		return org.NewPasskey{Name: o.text("name"), Response: readCredential(o), Device: views.Device(c.request().UserAgent())}
	})
	var added org.AddedPasskey
	add := func(begin org.BeginSession) (err error) {
		added, err = s.account.AddPasskey(c.ctx, c.actor, c.askedAs(), input, begin)
		return err
	}
	var err error
	if c.session {
		err = s.signIn(c, true, add)
	} else {
		err = add(nil)
	}
	if err != nil {
		return c.again(err, s.refusedFactors(c, views.Factors{Failed: views.FactorsPasskey}))
	}
	out := client.AddedPasskey{Passkey: wirePasskey(&added.Passkey), RecoveryCodes: added.RecoveryCodes}
	r := reply{json: out, noStore: true}
	if len(added.RecoveryCodes) > 0 {
		r.html = func() (page, error) {
			return s.factorsPage(c, views.Factors{Codes: added.RecoveryCodes, Fresh: c.session})
		}
	} else {
		r.next = to(views.SecurityURL, "You can sign in with “"+added.Name+"” from now on.")
	}
	return r, nil
}

// removePasskey removes a passkey of the caller.
func (s *Server) removePasskey(c *call) (reply, error) {
	id, password := c.param("id"), ""
	if !c.sentNothing() {
		var err error
		if password, err = decode(c, readOwnPassword).Read(); err != nil {
			return reply{}, err
		}
	}
	if err := s.account.RemovePasskey(c.ctx, c.actor, id, password, s.Factors); err != nil {
		return c.again(err, s.refusedFactors(c, views.Factors{Failed: id}))
	}
	return reply{status: http.StatusNoContent, next: to(views.SecurityURL, "The passkey was removed. Your device may still show it: remove it there too.")}, nil
}

// loginPasskeyOptions begins signing in with a passkey, or using one as the second step after a password.
func (s *Server) loginPasskeyOptions(c *call) (reply, error) {
	challenge, err := decode(c, func(o object) string { return o.text("challenge") }).Read()
	if err != nil {
		return reply{}, err
	}
	options, err := s.account.LoginPasskeyOptions(c.ctx, c.browser(), challenge)
	return reply{json: client.PasskeyOptions{PublicKey: options}, noStore: true}, err
}

// loginPasskey signs in with a passkey, which also counts as a second factor.
func (s *Server) loginPasskey(c *call) (reply, error) {
	type sent struct {
		credential      []byte
		challenge, next string
	}
	in, err := decode(c, func(o object) sent { return sent{readCredential(o), o.text("challenge"), o.text("next")} }).Read()
	if err != nil {
		return reply{}, err
	}
	next := localPath(in.next, views.HomeURL)
	err = s.signIn(c, true, func(begin org.BeginSession) error {
		_, err := s.account.LoginPasskey(c.ctx, c.origin(), c.askedAs(), in.credential, begin)
		return err
	})
	if err != nil {
		return s.notSignedIn(c, err, views.Login{Next: next, Challenge: in.challenge})
	}
	return reply{next: to(next, ""), noStore: true}, nil
}

// hasPasskeys reports whether pages offer passkeys in this request: they only work at the access URL.
func (s *Server) hasPasskeys(c *call) bool {
	return s.account.HasPasskeys() && s.AccessURL != nil && strings.EqualFold(c.request().Host, s.AccessURL.Host)
}
