package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"rolecall.example/org"
)

const (
	maxIssued  = 10 * time.Minute // age of a token when it arrives
	maxSubject = 255
	maxHint    = 8 << 10 // of an ID token that is kept
	maxDetail  = 300
)

// Outcome is an answer of a provider that a browser has brought back.
type Outcome struct {
	Mode  Mode
	Next  string       // where the person wanted to go; not checked
	Taken *http.Cookie // deletes the cookie of the sign-in; nil if there was none
	Proof org.Proof    // after a refusal, what was known at that point
}

// Finish checks an answer, in the order of docs/spec/signin.md. The error is an org.Error for the person; its Err is the cause,
// only for the log and the trail.
func (p *Providers) Finish(ctx context.Context, r *http.Request, id string, coder bool) (o Outcome, err error) {
	one, err := p.find(id)
	if err != nil {
		return o, err
	}
	o.Proof.Issuer = one.Issuer
	f, err := p.take(r, id, coder)
	if err != nil {
		return o, err
	}
	o.Mode, o.Next, o.Taken = f.mode, f.next, p.cookie(f.slot, "", -time.Second)
	k, err := one.ready()
	if err != nil {
		return o, err
	}
	q := r.URL.Query()
	if iss, named := q["iss"]; named && (len(iss) != 1 || iss[0] != one.Issuer) || !named && k.sendsIss {
		return o, one.unverified(errors.New("the answer names another issuer, or none"))
	}
	if code := q.Get("error"); code != "" {
		return o, &org.Error{
			Kind: org.Unauthenticated, Message: one.Name + " did not let you in.", Detail: shown(q.Get("error_description")),
			Err: errors.New("the provider answered " + shown(code)),
		}
	}
	tokens, err := p.tokens(ctx, one, k, &f, q.Get("code"))
	if err != nil {
		return o, err
	}
	if o.Proof, err = p.verify(ctx, one, k, tokens.id, f.nonce()); err != nil {
		return o, one.refusal(err)
	}
	if one.UserInfo && k.userInfo != "" {
		if err := one.addUserInfo(ctx, k, tokens.access, &o.Proof); err != nil {
			return o, one.refusal(err)
		}
	}
	return o, nil
}

// unverified returns the refusal of an answer that does not prove what it says.
func (one *provider) unverified(cause error) *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "The answer of " + one.Name + " could not be verified.", Err: cause}
}

// refusal distinguishes a provider that does not answer, or not in time, from one that answers wrongly.
func (one *provider) refusal(cause error) *org.Error {
	if !one.out.since().IsZero() || errors.Is(cause, context.DeadlineExceeded) {
		return one.unreachable(cause)
	}
	return one.unverified(cause)
}

// shown shortens a text of the provider to what people see of it.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxDetail {
		s = strings.ToValidUTF8(s[:maxDetail], "") + "…"
	}
	return s
}

type tokens struct{ id, access string }

// tokens exchanges the code. If the provider refuses, only the code of its error is kept: the rest may repeat what it
// was sent.
func (p *Providers) tokens(ctx context.Context, one *provider, k *known, f *flow, code string) (t tokens, err error) {
	if code == "" {
		return t, one.unverified(errors.New("the answer has no code"))
	}
	ctx, cancel := context.WithTimeout(ctx, outgoingTime)
	defer cancel()
	ctx = context.WithValue(ctx, oauth2.HTTPClient, one.out.client())
	got, err := p.exchange(one, k, f.coder).Exchange(ctx, code, oauth2.VerifierOption(f.verifier()))
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		err = fmt.Errorf("the code was not taken: status %d, %q", e.Response.StatusCode, shown(e.ErrorCode))
	}
	if err != nil {
		return t, one.refusal(err)
	}
	t.access = got.AccessToken
	if t.id, _ = got.Extra("id_token").(string); t.id == "" {
		return t, one.unverified(errors.New("there is no ID token"))
	}
	return t, nil
}

// verify checks an ID token: the library checks the signature, algorithm, issuer, audience and time, this function the
// rest.
func (p *Providers) verify(ctx context.Context, one *provider, k *known, raw, nonce string) (proof org.Proof, err error) {
	proof.Issuer = one.Issuer
	ctx, cancel := context.WithTimeout(ctx, outgoingTime)
	defer cancel()
	token, err := p.verifier(one, k).Verify(ctx, raw)
	if err != nil {
		return proof, errors.Join(err, ctx.Err()) // the library does not report that it timed out waiting for keys
	}
	claims, err := claimsOf(token)
	if err != nil {
		return proof, err
	}
	proof.Subject, _ = claims["sub"].(string)
	if n := len(proof.Subject); n < 1 || n > maxSubject || proof.Subject != token.Subject {
		proof.Subject = ""
		return proof, errors.New("sub is no text of 1 to 255 bytes")
	}
	if _, ends := claims["events"]; ends || !isPlain(raw) {
		return proof, errors.New("it is another kind of token")
	}
	if got, _ := claims["nonce"].(string); !same(got, nonce) {
		return proof, errors.New("it answers another sign-in")
	}
	if err := p.checkAudience(one, token, claims); err != nil {
		return proof, err
	}
	if proof.SID, _ = claims["sid"].(string); len(proof.SID) > maxSubject {
		return proof, errors.New("sid is longer than 255 bytes")
	}
	proof.Claims = claims
	proof.ACR, _ = claims["acr"].(string)
	proof.AMR = textsOf(claims["amr"])
	proof.At = p.Now()
	if at, ok := claims["auth_time"].(json.Number); ok {
		if seconds, err := at.Int64(); err == nil && time.Unix(seconds, 0).Before(proof.At) {
			proof.At = time.Unix(seconds, 0)
		}
	}
	if len(raw) <= maxHint {
		proof.IDToken = raw
	}
	return proof, nil
}

// checkAudience checks whom a token was made for, and when.
func (p *Providers) checkAudience(one *provider, token *goidc.IDToken, claims map[string]any) error {
	azp, named := claims["azp"]
	if len(token.Audience) > 1 && !named || named && azp != one.ClientID {
		return errors.New("azp is not this client")
	}
	if age := p.Now().Sub(token.IssuedAt).Abs(); age > maxIssued {
		return errors.New("iat is not now")
	}
	return nil
}

// isPlain reports whether the header of a token names no type other than those of ID tokens.
func isPlain(raw string) bool {
	header, err := headerOf(raw)
	kind, _ := header["typ"].(string)
	return err == nil && (kind == "" || strings.EqualFold(kind, "JWT"))
}

func headerOf(raw string) (header map[string]any, err error) {
	first, _, _ := strings.Cut(raw, ".")
	data, err := base64.RawURLEncoding.DecodeString(first)
	if err == nil {
		err = json.Unmarshal(data, &header)
	}
	return header, err
}

// claimsOf decodes the claims of a verified token without the library's types, which accept the text "true" for true
// and names that differ in case.
func claimsOf(token interface{ Claims(any) error }) (map[string]any, error) {
	var raw json.RawMessage
	if err := token.Claims(&raw); err != nil {
		return nil, err
	}
	return decodeClaims(strings.NewReader(string(raw)))
}

func decodeClaims(r io.Reader) (claims map[string]any, err error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	err = d.Decode(&claims)
	if err == nil && claims == nil {
		err = errors.New("the claims are null")
	}
	return claims, err
}

func textsOf(v any) (texts []string) {
	list, _ := v.([]any)
	for _, one := range list[:min(len(list), 32)] {
		if text, ok := one.(string); ok && len(text) <= maxSubject {
			texts = append(texts, text)
		}
	}
	return texts
}

// addUserInfo adds the claims that the provider returns for the access token. Claims of the ID token are signed, and
// take precedence. An address and whether it was verified always come from the same source.
func (one *provider) addUserInfo(ctx context.Context, k *known, access string, proof *org.Proof) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.userInfo, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+access)
	res, err := one.out.client().Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); res.StatusCode != http.StatusOK || media != "application/json" {
		return fmt.Errorf("userinfo: status %d, %q", res.StatusCode, shown(media))
	}
	more, err := decodeClaims(res.Body)
	if err != nil {
		return fmt.Errorf("userinfo: %w", err)
	}
	if more["sub"] != proof.Subject {
		return errors.New("userinfo is about someone else")
	}
	const verified = "email_verified"
	if _, signed := proof.Claims[one.EmailClaim]; signed {
		delete(more, verified)
	} else if _, has := more[one.EmailClaim]; has {
		delete(proof.Claims, verified)
	}
	for name, v := range more {
		if _, signed := proof.Claims[name]; !signed && !slices.Contains(protocolClaims, name) {
			proof.Claims[name] = v
		}
	}
	return nil
}

// protocolClaims are only meaningful inside a token.
var protocolClaims = []string{"iss", "sub", "aud", "exp", "iat", "nbf", "azp", "nonce", "sid", "acr", "amr", "auth_time", "events"}
