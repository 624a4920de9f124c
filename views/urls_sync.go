package views

import (
	"net/url"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// SyncURL is the page of sign-in providers and of what they give.
const SyncURL = "/settings/sync"

// ReleaseURL releases a source, or decides about one that is gone.
func ReleaseURL(source org.Source) string {
	return ui.URL("/settings/idpsync/release", url.Values{"source": {string(source)}})
}

// SyncProviderURL returns the page of the rules of a provider; a form with rules for the site goes there too.
func SyncProviderURL(provider string) string { return SyncURL + "/" + url.PathEscape(provider) }

// SyncTryURL takes claims to be tried.
func SyncTryURL(provider string) string { return SyncProviderURL(provider) + "/try" }

// OrganizationSyncURL returns the page of the rules that give people the roles of an organization; provider "" means
// the first.
func OrganizationSyncURL(organization, provider string) string {
	q := url.Values{}
	if provider != "" {
		q.Set("provider", provider)
	}
	return ui.URL(OrganizationURL(organization)+"/sync", q)
}

// OrganizationSyncTryURL takes claims to be tried on the rules of an organization.
func OrganizationSyncTryURL(organization, provider string) string {
	return ui.URL(OrganizationURL(organization)+"/sync/try", url.Values{"provider": {provider}})
}

// EndSourceURL returns the page that asks whether to end what a source gave.
func EndSourceURL(source org.Source) string {
	return ui.URL(SyncURL, url.Values{"end": {string(source)}})
}
