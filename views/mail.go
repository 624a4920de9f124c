package views

import "rolecall.example/org"

// The pages about mails.
const (
	MailURL     = "/settings/mail"
	MailTestURL = MailURL + "/test"
)

// Mail is the page that shows owners how mail is sent.
type Mail struct {
	org.MailStatus
	To  string // where a test mail would go, "" if the caller has no address
	Err *org.Error
}

// mode describes how the connection is encrypted.
func (v Mail) mode() string {
	switch v.Server.Mode {
	case org.MailTLS:
		return "TLS"
	case org.MailPlain:
		return "none, on this machine"
	}
	return "STARTTLS, or no mail"
}

// signsIn says whether this site signs in to the mail server.
func (v Mail) signsIn() string {
	if v.Server.SignsIn {
		return "With name and password"
	}
	return "Without signing in"
}
