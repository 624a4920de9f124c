package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/web/oidc"
)

// clientSecretVariable has the secret of the provider that flags name. It is not a setting: a flag would show it to
// other users.
const clientSecretVariable = "ROLECALL_OIDC_CLIENT_SECRET" //nolint:gosec // the name of a variable

// oidcFlags are the sign-in providers in flags and variables.
type oidcFlags struct {
	file                               string
	issuer, clientID, secretFile, name string
	environment                        map[string]string // of the process; nil for commands that read no providers
}

func parsePasswordLogin(c *config, v string) error {
	switch p := org.PasswordPolicy(v); p {
	case org.PasswordsForAll, org.PasswordsForOwners, org.PasswordsForNobody:
		c.passwords = p
		return nil
	}
	return fmt.Errorf("%q is not all, owners or off", v)
}

// checkProviders reads the sign-in providers. A mistake in them ends the start, so that the operator notices before the
// people who try to sign in.
func (c *config) checkProviders() (err error) {
	f := c.oidc
	one := f.issuer != "" || f.clientID != "" || f.secretFile != "" || f.name != ""
	variable := func(name string) string { return f.environment[name] }
	switch {
	case f.file != "" && one:
		return usageError("--oidc-config and --oidc-issuer-url exclude each other: name the provider in the file")
	case f.file != "":
		if c.providers, err = oidc.Read(f.file, variable); err != nil {
			return usageError("--oidc-config: " + err.Error())
		}
	case one:
		if f.issuer == "" || f.clientID == "" {
			return usageError("--oidc-issuer-url and --oidc-client-id need each other")
		}
		secret := clientSecretVariable
		if f.secretFile != "" {
			secret = ""
		}
		if f.name == "" {
			f.name = "your organization's account"
		}
		if c.providers, err = oidc.One(f.name, f.issuer, f.clientID, f.secretFile, secret, variable); err != nil {
			return usageError("--oidc-issuer-url: " + err.Error())
		}
	}
	switch {
	case len(c.providers) > 0 && c.accessURL == nil:
		return usageError("sign-in providers send people back to --access-url: set it")
	case len(c.providers) == 0 && c.passwords != "" && c.passwords != org.PasswordsForAll:
		return usageError("--password-login " + string(c.passwords) + " needs a sign-in provider, or people could not sign in")
	}
	return nil
}

// providerIDs returns the ids of the providers. An empty list differs from nil, which means that they are not known.
func (c *config) providerIDs() []string {
	ids := []string{}
	for _, p := range c.providers {
		ids = append(ids, p.ID)
	}
	return ids
}

// openProviders makes the providers of the settings, nil if there are none. It refuses a provider that is not the one
// whose people the database knows.
func (c *config) openProviders(ctx context.Context, service *services.Service, log *slog.Logger) (*oidc.Providers, error) {
	if len(c.providers) == 0 {
		return nil, nil //nolint:nilnil // none are as good as any
	}
	var policies []org.Provider
	for _, p := range c.providers {
		policies = append(policies, p.Provider)
	}
	if err := service.SignIn.Agree(ctx, policies); err != nil {
		return nil, err
	}
	return oidc.New(c.providers, oidc.Options{AccessURL: c.accessURL, Now: time.Now, Log: log})
}

// policies returns the providers in the settings, without what is needed to contact them; nil if there are none, as in
// a shell without the server's settings.
func (f *oidcFlags) policies() ([]org.Provider, error) {
	// Secrets are not read: perhaps only the server's account may read them, and they are not needed here.
	switch {
	case f.file != "":
		list, err := oidc.Policies(f.file)
		if err != nil {
			return nil, usageError("--oidc-config: " + err.Error())
		}
		return list, nil
	case f.issuer != "":
		return []org.Provider{{ID: "default", Name: "default", FusePeople: org.DefaultFusePeople, FusePercent: org.DefaultFusePercent}}, nil
	}
	return nil, nil
}

// ids returns the ids of the same providers.
func (f *oidcFlags) ids() (ids []string, err error) {
	list, err := f.policies()
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids, err
}

// strangeSources names the sources of roles whose provider is not in the settings, or all of them if the settings are
// not known.
func strangeSources(ctx context.Context, service *services.Service, providers []string) (lines []string, err error) {
	sources, err := service.Sync.Sources(ctx)
	for _, s := range sources {
		id := strings.TrimPrefix(string(s.Source), "oidc:")
		people := counted(int(s.People), "person has", "people have")
		switch {
		case providers == nil:
			lines = append(lines, fmt.Sprintf("%s what %s gave; with --oidc-config this tells whether the provider is still in the settings", people, s.Source))
		case !slices.Contains(providers, id):
			lines = append(lines, fmt.Sprintf("%s what %s gave, and no sign-in provider of the settings is called %s: an owner keeps or ends it", people, s.Source, id))
		}
	}
	return lines, err
}
