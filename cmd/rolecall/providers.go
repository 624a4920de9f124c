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

// clientSecretVariable has the secret of the provider that flags name. It is no setting: a flag would show it to other users.
const clientSecretVariable = "ROLECALL_OIDC_CLIENT_SECRET" //nolint:gosec // the name of a variable

// oidcFlags are the sign-in providers as flags and variables name them.
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

// checkProviders reads the sign-in providers. A mistake in them ends the start: a site that people can't sign in to as its
// operator meant is noticed at once, and not by the people.
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

// providerIDs are the ids of the providers. There may be none, which is not the same as not to know them.
func (c *config) providerIDs() []string {
	ids := []string{}
	for _, p := range c.providers {
		ids = append(ids, p.ID)
	}
	return ids
}

// openProviders makes the providers of the settings, nil if there are none. It refuses those that are others than the ones
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

// policies are the providers that the settings name, without what it takes to reach them; nil if they name none, as in a shell
// that has not the settings of the server.
func (f *oidcFlags) policies() ([]org.Provider, error) {
	// The secrets stay unread: they may be readable by the server's account alone, and what providers are trusted with needs none.
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

// ids are the ids of the same providers.
func (f *oidcFlags) ids() (ids []string, err error) {
	list, err := f.policies()
	for _, p := range list {
		ids = append(ids, p.ID)
	}
	return ids, err
}

// strangeSources names the sources of roles that no provider of the settings stands behind, or all of them where the settings
// are not known.
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
