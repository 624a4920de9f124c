package oidc

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"rolecall.example/org"
)

// Settings describe how to reach a provider, and how far to trust its answers.
type Settings struct {
	org.Provider
	ClientID     string
	ClientSecret string
	Scopes       []string
	UserInfo     bool // claims beyond the ID token are requested
	Algorithms   []string
	Logout       string // LogoutLink, LogoutAuto or LogoutOff

	CoderCallback bool
}

// What signing out here offers to do about the session at the provider.
const (
	LogoutLink = "link"
	LogoutAuto = "auto"
	LogoutOff  = "off"
)

const (
	maxProviders = 10
	maxSettings  = 1 << 20
	maxSecret    = 4 << 10
)

// entry is a provider as written in the file.
type entry struct {
	ID               string   `json:"id"`
	Name             string   `json:"name"`
	Issuer           string   `json:"issuer"`
	ClientID         string   `json:"client_id"`
	ClientSecretFile string   `json:"client_secret_file"`
	ClientSecretEnv  string   `json:"client_secret_env"`
	Scopes           []string `json:"scopes"`
	UserInfo         *bool    `json:"userinfo"`
	UsernameClaim    string   `json:"username_claim"`
	EmailClaim       string   `json:"email_claim"`
	NameClaim        string   `json:"name_claim"`
	Signup           bool     `json:"signup"`
	EmailDomains     []string `json:"email_domains"`
	Require          *require `json:"require"`
	Separator        string   `json:"separator"`
	LinkByEmail      bool     `json:"link_by_email"`
	TrustEmail       bool     `json:"trust_email"`
	SigningAlgs      []string `json:"signing_algs"`
	Logout           string   `json:"logout"`
	CoderCallback    bool     `json:"coder_callback"`
	TruncatedAt      int      `json:"truncated_at"`
	FusePeople       *int     `json:"fuse_people"`
	FusePercent      *int     `json:"fuse_percent"`

	LinkByExternalID string         `json:"link_by_external_id"`
	SyncLifetime     jsontext.Value `json:"sync_lifetime"`
	later
}

// later has keys for features that this version does not have: second factors of providers. Accepting them without
// effect would suggest that they work.
type later struct {
	MFA jsontext.Value `json:"mfa"`
}

// given returns the first of these keys that the file has, "" if it has none.
func (l *later) given() string {
	for name, v := range map[string]jsontext.Value{
		"mfa": l.MFA,
	} {
		if v != nil {
			return name
		}
	}
	return ""
}

type require struct {
	Claim  string   `json:"claim"`
	Values []string `json:"values"`
}

// Read reads the file with the providers. Unknown and repeated keys are errors: a setting that is not understood must
// not look as if it were in force. environment returns the value of a variable.
func Read(path string, environment func(string) string) ([]Settings, error) {
	return each(path, func(e *entry) (Settings, error) { return e.settings(environment) })
}

// Policies reads the providers of a file without the secrets of their clients, for a command that contacts none.
func Policies(path string) ([]org.Provider, error) {
	list, err := each(path, (*entry).policy)
	policies := make([]org.Provider, len(list))
	for i := range list {
		policies[i] = list[i].Provider
	}
	return policies, err
}

// each reads the providers of a file, and refuses it at the first problem.
func each(path string, settings func(*entry) (Settings, error)) ([]Settings, error) {
	data, err := readFile(path, maxSettings)
	if err != nil {
		return nil, err
	}
	var file struct {
		Providers []entry `json:"providers"`
	}
	if err := json.Unmarshal(data, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if len(file.Providers) == 0 || len(file.Providers) > maxProviders {
		return nil, fmt.Errorf("providers: 1 to %d are needed, not %d", maxProviders, len(file.Providers))
	}
	var list []Settings
	for i := range file.Providers {
		s, err := settings(&file.Providers[i])
		if err != nil {
			return nil, fmt.Errorf("providers[%d]: %w", i, err)
		}
		list = append(list, s)
	}
	return list, apart(list)
}

// One makes the provider that flags describe. Its id is "default".
func One(name, issuer, clientID, secretFile, secretVariable string, environment func(string) string) ([]Settings, error) {
	e := entry{ID: "default", Name: name, Issuer: issuer, ClientID: clientID, ClientSecretFile: secretFile, ClientSecretEnv: secretVariable}
	s, err := e.settings(environment)
	return []Settings{s}, err
}

// apart refuses providers that could be mistaken for each other.
func apart(list []Settings) error {
	callback := ""
	for i, s := range list {
		for _, other := range list[:i] {
			switch {
			case s.ID == other.ID:
				return fmt.Errorf("providers[%d].id: %q is there twice", i, s.ID)
			case s.Issuer == other.Issuer:
				return fmt.Errorf("providers[%d].issuer: %s is that of %q too", i, s.Issuer, other.ID)
			}
		}
		if s.CoderCallback {
			if callback != "" {
				return fmt.Errorf("providers[%d].coder_callback: %q has it already", i, callback)
			}
			callback = s.ID
		}
	}
	return nil
}

var idRule = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// settings checks a provider, fills in the defaults, and reads the secret of the client.
func (e *entry) settings(environment func(string) string) (s Settings, err error) {
	if s, err = e.policy(); err != nil {
		return s, err
	}
	s.ClientSecret, err = e.secret(environment)
	return s, err
}

// policy returns the settings without the secret.
func (e *entry) policy() (s Settings, err error) {
	if err := e.check(); err != nil {
		return s, err
	}
	s = Settings{
		Provider: org.Provider{
			ID: e.ID, Name: e.Name, Issuer: e.Issuer, Separator: e.Separator, Signup: e.Signup, LinkByEmail: e.LinkByEmail, TrustEmail: e.TrustEmail,
			LinkByExternalID: e.LinkByExternalID,
			UsernameClaim:    orElse(e.UsernameClaim, "preferred_username"), EmailClaim: orElse(e.EmailClaim, "email"), NameClaim: orElse(e.NameClaim, "name"),
		},
		ClientID: e.ClientID, Scopes: e.Scopes, UserInfo: e.UserInfo == nil || *e.UserInfo, Algorithms: e.SigningAlgs,
		Logout: orElse(e.Logout, LogoutLink), CoderCallback: e.CoderCallback,
	}
	for _, d := range e.EmailDomains {
		s.EmailDomains = append(s.EmailDomains, org.FoldCase(d))
	}
	if e.Require != nil {
		s.Require = &org.Requirement{Claim: e.Require.Claim, Values: e.Require.Values}
	}
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"openid", "profile", "email"}
	}
	if len(s.Algorithms) == 0 {
		s.Algorithms = algorithms[:4:4]
	}
	return s, e.sync(&s.Provider)
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// algorithms are those that a token may be signed with; the first four by default. None of them uses a shared secret,
// and "none" is not among them.
var algorithms = []string{"RS256", "ES256", "PS256", "EdDSA", "RS384", "RS512", "ES384", "ES512", "PS384", "PS512"}

// check finds the first thing that is wrong with a provider.
func (e *entry) check() error {
	switch {
	case e.given() != "":
		return fmt.Errorf("%s: this version does not have it yet", e.given())
	case !idRule.MatchString(e.ID):
		return fmt.Errorf("id: %q is not 1 to 32 small letters, digits and hyphens", e.ID)
	case e.Name == "" || org.TextProblem(e.Name, 64) != "":
		return errors.New("name: a text of 1 to 64 characters is needed")
	case e.ClientID == "":
		return errors.New("client_id: it is needed")
	case len(e.Scopes) > 0 && !slices.Contains(e.Scopes, "openid"):
		return errors.New(`scopes: "openid" must be among them`)
	case e.Logout != "" && !slices.Contains([]string{LogoutLink, LogoutAuto, LogoutOff}, e.Logout):
		return fmt.Errorf("logout: %q is not link, auto or off", e.Logout)
	case e.Require != nil && (e.Require.Claim == "" || len(e.Require.Values) == 0):
		return errors.New("require: claim and values are needed")
	case e.LinkByExternalID != "" && org.TextProblem(e.LinkByExternalID, 512) != "":
		return errors.New("link_by_external_id: a name of a claim of at most 512 characters is needed")
	case e.Signup && e.Require == nil && len(e.EmailDomains) == 0:
		return errors.New("signup: email_domains or require must say who may have an account")
	}
	for _, d := range e.EmailDomains {
		if d == "" || strings.ContainsAny(d, "@ ") {
			return fmt.Errorf("email_domains: %q is no domain like example.com", d)
		}
	}
	for _, a := range e.SigningAlgs {
		if !slices.Contains(algorithms, a) {
			return fmt.Errorf("signing_algs: %q is not one of %s", a, strings.Join(algorithms, ", "))
		}
	}
	return checkIssuer(e.Issuer)
}

// checkIssuer refuses an issuer that anyone on the network path could impersonate, and those of Entra that stand for
// every tenant.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !secure(u) {
		return fmt.Errorf("issuer: %q is not an https URL (http on this machine)", issuer)
	}
	if host := u.Hostname(); host == "login.microsoftonline.com" || strings.HasSuffix(host, ".login.microsoftonline.com") {
		switch first, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/"); first {
		case "common", "organizations", "consumers":
			return fmt.Errorf("issuer: %q is that of every tenant: name your own", issuer)
		}
	}
	return nil
}

// secure reports whether a URL is https, or http on this machine.
func secure(u *url.URL) bool {
	if u.Scheme == "https" {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && addr.IsLoopback())
}

// secret reads the secret of the client from the place that the file names.
func (e *entry) secret(environment func(string) string) (string, error) {
	if (e.ClientSecretFile == "") == (e.ClientSecretEnv == "") {
		return "", errors.New("client_secret_file or client_secret_env is needed, one of them")
	}
	if e.ClientSecretEnv != "" {
		if v := environment(e.ClientSecretEnv); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("client_secret_env: %s is not set", e.ClientSecretEnv)
	}
	data, err := readFile(e.ClientSecretFile, maxSecret)
	if err != nil {
		return "", fmt.Errorf("client_secret_file: %w", err)
	}
	if v := strings.TrimRight(string(data), "\r\n"); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("client_secret_file: %s is empty", e.ClientSecretFile)
}

func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return os.ReadFile(path)
}
