package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"rolecall.example/org"
)

// maxAnswer is how much of a server's answer is kept, in bytes.
const maxAnswer = 300

// failure says what went wrong in words for people who invite. They may not run the server, so names and addresses of
// machines are only in the cause.
func failure(ctx context.Context, err error) *org.MailError {
	f := &org.MailError{Message: "The mail server could not be reached.", Down: true, Err: err}
	sent, ok := errors.AsType[*gomail.SendError](err)
	switch {
	case ok && sent.ErrorCode() > 0:
		refused(f, sent)
	case untrusted(err):
		f.Message = "The certificate of the mail server is not valid."
	case strings.Contains(err.Error(), "STARTTLS"):
		f.Message = "The mail server does not offer TLS."
	case strings.Contains(err.Error(), "AUTH"), errors.Is(err, gomail.ErrNoSupportedAuthDiscovered):
		f.Message = "The mail server does not let this site sign in."
	case ctx.Err() != nil, timeout(err):
		f.Message = "The mail server took too long to answer."
	default:
		if answer, ok := errors.AsType[*textproto.Error](err); ok {
			f.Message = "The mail server refused: " + cleaned(answer.Error())
		}
	}
	return f
}

// refused handles the server's answer to one mail. Only an address that does not exist is not retried: an operator may fix
// the rest.
func refused(f *org.MailError, e *gomail.SendError) {
	answer := answered(e)
	f.Down = false
	switch e.Reason {
	case gomail.ErrSMTPRcptTo:
		f.Message = "The mail server refused the address: " + answer
		f.Final = e.ErrorCode() >= 500 && !strings.HasPrefix(e.EnhancedStatusCode(), "5.7.") // 5.7 is about the sender
	case gomail.ErrSMTPMailFrom:
		f.Message, f.Down = "The mail server refused the sender: "+answer, true
	default:
		f.Message = "The mail server refused the mail: " + answer
	}
}

// answered returns what the server said, code and text. The library has it only in the text of its error, quoted.
func answered(e *gomail.SendError) string {
	_, answer, _ := strings.Cut(e.Error(), ": ")
	answer, _, _ = strings.Cut(answer, ", affected ")
	if code, quoted, ok := strings.Cut(answer, " "); ok {
		if text, err := strconv.Unquote(quoted); err == nil {
			answer = code + " " + text
		}
	}
	return cleaned(answer)
}

func untrusted(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return verification || unknown
}

func timeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// cleaned returns a server's answer as people see it: one line of text.
func cleaned(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	if len(s) > maxAnswer {
		s = strings.ToValidUTF8(s[:maxAnswer], "") + "…"
	}
	return s
}
