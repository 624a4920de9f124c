package org

import "time"

// What accounts are told by mail.
const (
	NoticeFactorsReset       = "factors_reset"        // someone else removed its second factors
	NoticePasskeyRemoved     = "passkey_removed"      // it removed one
	NoticePasskeysForgotten  = "passkeys_forgotten"   // the site has another address, where those from before are of no use
	NoticeAppRemoved         = "app_removed"          // it removed its authenticator app
	NoticeTokenEnds          = "token_ends"           // an API token that it has, or that it made
	NoticeDirectoryTokenEnds = "directory_token_ends" // a token of a directory that it may change
)

// Notice is something that an account is told by mail. It is stored until the mail goes out, so it has no secrets.
type Notice struct {
	Kind         string    `json:"kind"`
	At           time.Time `json:"at"`                     // when it happened, or will
	By           string    `json:"by,omitempty"`           // who reset the factors; "": the operator
	Name         string    `json:"name,omitempty"`         // of the passkey, the token or the directory
	TokenID      string    `json:"token_id,omitempty"`     // of the token
	Owner        string    `json:"owner,omitempty"`        // the account of the token, if it is not the one that is told
	Organization string    `json:"organization,omitempty"` // that the directory belongs to, by name
	Place        string    `json:"place,omitempty"`        // what people call that
}
