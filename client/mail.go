package client

import (
	"context"
	"net/http"
)

// MailStatus says how the server sends mail.
type MailStatus struct {
	Enabled bool   `json:"enabled"` // there is a mail server
	Address string `json:"address"` // of it, as host:port
	From    string `json:"from"`    // the address that mails come from
	TLS     string `json:"tls"`     // starttls, tls or off; "" without a server
	SignsIn bool   `json:"signs_in"`
	Waiting int    `json:"waiting"` // how many mails wait to go out
}

// TestMail is a test mail that the mail server has accepted.
type TestMail struct {
	To string `json:"to"`
}

// MailStatus returns how the server sends mail. Only site owners may ask.
func (c *Client) MailStatus(ctx context.Context) (MailStatus, error) {
	return fetch[MailStatus](ctx, c, get("settings", "mail"))
}

// SendTestMail sends a mail to the address of the caller, who must be an owner of the site. It returns once the mail server
// has accepted it.
func (c *Client) SendTestMail(ctx context.Context) (TestMail, error) {
	return fetch[TestMail](ctx, c, send(http.MethodPost, nil, "settings", "mail", "test"))
}
