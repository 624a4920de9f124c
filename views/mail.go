package views

import "rolecall.example/org"

// The pages about mails.
const (
	MailURL     = "/settings/mail"
	MailTestURL = MailURL + "/test"
)

// Mail is the page that tells owners how mails go out.
type Mail struct {
	org.MailStatus
	To  string // where a test mail would go, "" if the caller has no address
	Err *org.Error
}

// mode is how the connection is kept from being read, in words.
func (v Mail) mode() string {
	switch v.Server.Mode {
	case org.MailTLS:
		return "TLS"
	case org.MailPlain:
		return "none, on this machine"
	}
	return "STARTTLS, or no mail"
}

// signsIn is whether this site signs in there, in words.
func (v Mail) signsIn() string {
	if v.Server.SignsIn {
		return "With name and password"
	}
	return "Without signing in"
}
