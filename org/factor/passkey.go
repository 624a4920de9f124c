package factor

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Passkeys requests passkeys of one site from browsers, and checks their answers.
type Passkeys struct {
	party  *webauthn.WebAuthn
	host   string
	origin string
}

// NewPasskeys makes passkeys for the site at an address. It fails for addresses where browsers have none: IP
// addresses, and those without TLS on other machines.
func NewPasskeys(site *url.URL) (*Passkeys, error) {
	host := strings.ToLower(site.Hostname())
	origin := site.Scheme + "://" + host // as browsers spell it
	if port := site.Port(); port != "" && port != map[string]string{"https": "443", "http": "80"}[site.Scheme] {
		origin += ":" + port
	}
	switch {
	case net.ParseIP(host) != nil:
		return nil, fmt.Errorf("%s is no name: browsers keep passkeys for names", host)
	case site.Scheme != "https" && host != "localhost":
		return nil, fmt.Errorf("%s is not reached over TLS: browsers have no passkeys there", origin)
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "rolecall", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	return &Passkeys{party, host, origin}, err
}

// Host returns the host for which the passkeys work.
func (p *Passkeys) Host() string { return p.host }

// Owner is the account that a passkey is made for.
type Owner struct {
	ID          []byte
	Name, Label string
}

// Passkey is what is stored of a passkey.
type Passkey struct {
	Credential     []byte // its id at the authenticator
	PublicKey      []byte
	SignCount      uint32
	BackupEligible bool // it may be on several devices
	BackedUp       bool // it is
	Transports     []string
}

// challengeBytes is more than the 16 that the standard asks for.
const challengeBytes = 32

// NewChallenge makes what an authenticator signs.
func NewChallenge() []byte {
	challenge := make([]byte, challengeBytes)
	_, _ = rand.Read(challenge) // it never fails
	return challenge
}

// Creation returns what a browser needs to create a passkey: the options of navigator.credentials.create as JSON. It creates none
// on an authenticator that already has one of those.
func (p *Passkeys) Creation(challenge []byte, o Owner, has []Passkey) ([]byte, error) {
	all := make([]protocol.CredentialDescriptor, len(has))
	for i, k := range has {
		c := k.stored()
		all[i] = c.Descriptor()
	}
	options, _, err := p.party.BeginRegistration(person{o, nil}, webauthn.WithExclusions(all), func(c *protocol.PublicKeyCredentialCreationOptions) error {
		c.Challenge = challenge
		return nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// Request returns what a browser needs to sign with a passkey: the options of navigator.credentials.get as JSON. Without a list,
// any passkey of the site will do.
func (p *Passkeys) Request(challenge []byte, allowed []Passkey) ([]byte, error) {
	list := make([]protocol.CredentialDescriptor, len(allowed))
	for i, k := range allowed {
		c := k.stored()
		list[i] = c.Descriptor()
	}
	options, _, err := p.party.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), webauthn.WithAllowedCredentials(list))
	if err != nil {
		return nil, err
	}
	return json.Marshal(options.Response)
}

// Registration is a new passkey as a browser sends it. Nothing of it is checked yet.
type Registration struct {
	Challenge []byte
	parsed    *protocol.ParsedCredentialCreationData
}

// ParseRegistration reads a new passkey.
func ParseRegistration(response []byte) (*Registration, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, reason(err)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(parsed.Response.CollectedClientData.Challenge)
	return &Registration{challenge, parsed}, err
}

// Register checks a new passkey of an owner.
func (p *Passkeys) Register(r *Registration, o Owner) (k Passkey, err error) {
	c, err := p.party.CreateCredential(person{o, nil}, webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(r.Challenge), RelyingPartyID: p.host, UserID: o.ID,
		UserVerification: protocol.VerificationRequired, CredParams: webauthn.CredentialParametersDefault(),
	}, r.parsed)
	if err != nil {
		return k, reason(err)
	}
	k = Passkey{
		Credential: c.ID, PublicKey: c.PublicKey, SignCount: c.Authenticator.SignCount,
		BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState,
	}
	for _, t := range c.Transport { // a browser could send anything
		if slices.Contains(transports, t) && !slices.Contains(k.Transports, string(t)) {
			k.Transports = append(k.Transports, string(t))
		}
	}
	return k, nil
}

// transports are the ways to reach an authenticator that are stored.
var transports = []protocol.AuthenticatorTransport{
	protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal,
}

// Assertion is a signature of a passkey as a browser sends it. Nothing of it is checked yet.
type Assertion struct {
	Challenge, Credential, Owner []byte
	parsed                       *protocol.ParsedCredentialAssertionData
}

// ParseAssertion reads a signature.
func ParseAssertion(response []byte) (*Assertion, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, reason(err)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(parsed.Response.CollectedClientData.Challenge)
	return &Assertion{challenge, parsed.RawID, parsed.Response.UserHandle, parsed}, err
}

// Verify checks a signature of an owner's passkey, and returns what to store from now on. It leaves to the caller whether its
// count has increased, who compares it with the count stored at that moment: see Copied.
func (p *Passkeys) Verify(a *Assertion, o Owner, k Passkey) (Passkey, error) {
	if !bytes.Equal(a.Owner, o.ID) {
		return k, errors.New("the passkey says that it is another account's")
	}
	_, c, err := p.party.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) {
		return person{o, []webauthn.Credential{k.stored()}}, nil
	}, webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(a.Challenge), RelyingPartyID: p.host, UserVerification: protocol.VerificationRequired,
	}, a.parsed)
	if err != nil {
		return k, reason(err)
	}
	k.SignCount, k.BackedUp = a.parsed.Response.AuthenticatorData.Counter, c.Flags.BackupState
	return k, nil
}

// Copied reports whether a count suggests a second passkey with the same key: it has not increased since the last use.
// Passkeys that are meant to be on several devices do not count.
func Copied(before, now uint32) bool { return now <= before && (now != 0 || before != 0) }

// stored returns a passkey in the form of the library.
func (k Passkey) stored() webauthn.Credential {
	c := webauthn.Credential{
		ID: k.Credential, PublicKey: k.PublicKey, Flags: webauthn.CredentialFlags{BackupEligible: k.BackupEligible, BackupState: k.BackedUp, UserVerified: true},
		Authenticator: webauthn.Authenticator{SignCount: k.SignCount},
	}
	for _, t := range k.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

// person is an owner in the form of the library.
type person struct {
	Owner
	has []webauthn.Credential
}

// WebAuthnID implements webauthn.User.
func (p person) WebAuthnID() []byte { return p.ID }

// WebAuthnName implements webauthn.User.
func (p person) WebAuthnName() string { return p.Name }

// WebAuthnDisplayName implements webauthn.User.
func (p person) WebAuthnDisplayName() string { return p.Label }

// WebAuthnCredentials implements webauthn.User.
func (p person) WebAuthnCredentials() []webauthn.Credential { return p.has }

// reason returns an error of the library with all its details, for the log.
func reason(err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.DevInfo != "" {
		return fmt.Errorf("%s: %s", e.Details, e.DevInfo)
	}
	return err
}
