package views

import "net/url"

// UserURL is the page of an account, given by username; DELETE deletes it. UserProfileURL and the others below it are
// where its forms go.
func UserURL(user string) string { return UsersPath + "/" + url.PathEscape(user) }

// UserDeleteURL is the page of an account that asks whether to delete it.
func UserDeleteURL(user string) string { return UserURL(user) + "?confirm=delete" }

// UserSuspendURL asks whether to suspend an account.
func UserSuspendURL(user string) string { return UserURL(user) + "?confirm=suspend" }

// UserProfileURL takes the names of an account by PUT.
func UserProfileURL(user string) string { return UserURL(user) + "/profile" }

// UserPasswordURL takes a password by PUT.
func UserPasswordURL(user string) string { return UserURL(user) + "/password" }

// UserFactorsURL removes the second factors of an account by DELETE.
func UserFactorsURL(user string) string { return UserURL(user) + "/mfa" }

// UserLinkURL makes a link that sets the password by POST, and revokes it by DELETE.
func UserLinkURL(user string) string { return UserURL(user) + "/password-link" }

// UserStatusURL suspends or activates an account by PUT.
func UserStatusURL(user string, suspend bool) string {
	if suspend {
		return UserURL(user) + "/status/suspend"
	}
	return UserURL(user) + "/status/activate"
}

// UserRolesURL is the form with the site roles of an account; PUT saves.
func UserRolesURL(user string) string { return UserURL(user) + "/roles" }

// PasskeyURL is one of the caller's passkeys; DELETE removes it.
func PasskeyURL(id string) string { return PasskeysURL + "/" + url.PathEscape(id) }

// TokenRevokeURL is the same list, asking whether to revoke one.
func TokenRevokeURL(user, id string) string {
	return TokensURL(user) + "?" + url.Values{"revoke": {id}}.Encode()
}

// TokenURL is one API token; DELETE revokes it.
func TokenURL(user, id string) string { return UserURL(user) + "/keys/" + url.PathEscape(id) }

// SessionURL is one of the caller's own sessions; DELETE ends it.
func SessionURL(id string) string { return SessionsURL + "/" + url.PathEscape(id) }

// PasswordURL is the page that sets a password by a link.
func PasswordURL(secret string) string { return "/password/" + url.PathEscape(secret) }

// SignedOutURL is the page to sign in after a password was set.
const SignedOutURL = LoginURL + "?password=set"
