package views

import "net/url"

// UserURL returns the page of an account, given by username; DELETE deletes it. The forms of the page go to
// UserProfileURL and the URLs below.
func UserURL(user string) string { return UsersPath + "/" + url.PathEscape(user) }

// UserDeleteURL returns the page that asks whether to delete an account.
func UserDeleteURL(user string) string { return UserURL(user) + "?confirm=delete" }

// UserSuspendURL returns the page that asks whether to suspend an account.
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

// UserRolesURL returns the form with the site roles of an account; PUT saves.
func UserRolesURL(user string) string { return UserURL(user) + "/roles" }

// PasskeyURL returns the address of one of the caller's passkeys; DELETE removes it.
func PasskeyURL(id string) string { return PasskeysURL + "/" + url.PathEscape(id) }

// TokenRevokeURL returns the same list, asking whether to revoke a token.
func TokenRevokeURL(user, id string) string {
	return TokensURL(user) + "?" + url.Values{"revoke": {id}}.Encode()
}

// TokenURL returns the address of an API token; DELETE revokes it.
func TokenURL(user, id string) string { return UserURL(user) + "/keys/" + url.PathEscape(id) }

// SessionURL returns the address of one of the caller's sessions; DELETE ends it.
func SessionURL(id string) string { return SessionsURL + "/" + url.PathEscape(id) }

// PasswordURL returns the page that sets a password by a link.
func PasswordURL(secret string) string { return "/password/" + url.PathEscape(secret) }

// SignedOutURL is the sign-in page after a password was set.
const SignedOutURL = LoginURL + "?password=set"
