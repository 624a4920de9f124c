package org

// What became of the mail of an invitation.
const (
	MailNone    = "" // its link was shown to its maker instead
	MailWaiting = "waiting"
	MailSent    = "sent"   // the mail server took it
	MailFailed  = "failed" // it is not tried any more
)

// How the connection to a mail server is encrypted.
const (
	MailStartTLS = "starttls" // the connection becomes one of TLS before anything is sent
	MailTLS      = "tls"      // it is one of TLS from the beginning
	MailPlain    = "off"      // on this machine alone
)

// MailModes lists them, the default first.
var MailModes = []string{MailStartTLS, MailTLS, MailPlain}

// Mail is a mail to one address. Its two parts say the same.
type Mail struct {
	To, Subject string
	Text, HTML  string
}

// MailServer is the server that sends mails.
type MailServer struct {
	Address string // host:port
	From    string
	Mode    string // one of MailModes
	SignsIn bool
}

// MailStatus says how mails are sent, and how many are waiting.
type MailStatus struct {
	Server  *MailServer // nil: no mails go out
	Waiting int
}

// MailError says why a mail was not sent.
type MailError struct {
	Message string // for the person who wanted it sent
	Down    bool   // other mails would fare the same
	Final   bool   // another try would be refused as well
	Err     error  // the cause, for operators
}

// Error makes MailError an error; it is what the log shows.
func (e *MailError) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *MailError) Unwrap() error { return e.Err }

// TestMail returns a mail that shows that mails arrive.
func TestMail(to string) Mail {
	const says = "If you read this, rolecall can send mail: its mails reach this address."
	return Mail{
		To: to, Subject: "Test mail from rolecall", Text: says + "\n",
		HTML: "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Test mail</title></head><body><p>" + says + "</p></body></html>\n",
	}
}
