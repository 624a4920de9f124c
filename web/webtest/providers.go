package webtest

import (
	"net/url"

	"rolecall.example/org"
	"rolecall.example/web"
	"rolecall.example/web/oidc"
)

// Providers gives the server sign-in providers of these ids. Nobody can sign in with them, since there is nothing at their
// addresses.
func Providers(ids ...string) Option {
	var list []oidc.Settings
	for _, id := range ids {
		list = append(list, oidc.Settings{
			Provider: org.Provider{ID: id, Name: "Provider " + id, Issuer: "https://" + id + ".example.com",
				UsernameClaim: "preferred_username", EmailClaim: "email", NameClaim: "name"},
			ClientID: "rolecall", ClientSecret: "secret", Scopes: []string{"openid"}, Algorithms: []string{"RS256"}, Logout: oidc.LogoutLink,
		})
	}
	return func(o *web.Options) {
		o.AccessURL = &url.URL{Scheme: "http", Host: "rolecall.test"}
		providers, err := oidc.New(list, oidc.Options{AccessURL: o.AccessURL})
		if err != nil {
			panic(err) // the settings above are those of a test
		}
		o.Providers = providers
	}
}
