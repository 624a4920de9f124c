// Package mailer hands mails to an SMTP server. What they say is decided elsewhere.
package mailer

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"rolecall.example/org"
)

// Timeout is how long sending a mail may take in all, unless Settings say otherwise.
const Timeout = 45 * time.Second

// Settings are those of the server that accepts the mails.
type Settings struct {
	Address            string // host:port
	From               string // an address, or a name with an address in angle brackets
	Username, Password string // "" to send without signing in
	Mode               string // one of org.MailModes; the first if ""
	Timeout            time.Duration
	Authorities        *x509.CertPool // authorities for the server's certificate; nil: the system's
}

// Mailer hands mails to a server. It is safe for concurrent use.
type Mailer struct {
	settings Settings
	host     string
	port     int
	from     *mail.Address
	domain   string // of from
}

// New checks the settings. The error says which of them is wrong, by the name of the field.
func New(s Settings) (*Mailer, error) {
	m := &Mailer{settings: s}
	if m.settings.Mode == "" {
		m.settings.Mode = org.MailModes[0]
	}
	if m.settings.Timeout == 0 {
		m.settings.Timeout = Timeout
	}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil || host == "" {
		return nil, fmt.Errorf("address: %q is no address like smtp.example.com:587", s.Address)
	}
	if m.port, err = strconv.Atoi(port); err != nil || m.port < 1 || m.port > 65535 {
		return nil, fmt.Errorf("address: %q has no port like 587", s.Address)
	}
	m.host = host
	if m.from, err = mail.ParseAddress(s.From); err != nil {
		return nil, fmt.Errorf("from: %q is no address like rolecall@example.com", s.From)
	}
	_, m.domain, _ = strings.Cut(m.from.Address, "@")
	switch {
	case !slices.Contains(org.MailModes, m.settings.Mode):
		return nil, fmt.Errorf("tls: %q is none of %s", s.Mode, strings.Join(org.MailModes, ", "))
	case m.settings.Mode == org.MailPlain && !loopback(host):
		return nil, fmt.Errorf("tls: off is for a mail server on this machine, and %s is another one", host)
	case m.settings.Mode == org.MailPlain && s.Username != "":
		return nil, errors.New("tls: off would send the password in clear text: leave out the username, or use starttls")
	case (s.Username == "") != (s.Password == ""):
		return nil, errors.New("username: it needs a password, and a password needs it")
	}
	return m, nil
}

// loopback reports whether a name means this machine. Names are not looked up: what they mean may change.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Server returns where mails go, without the secrets.
func (m *Mailer) Server() org.MailServer {
	return org.MailServer{Address: m.settings.Address, From: m.from.String(), Mode: m.settings.Mode, SignsIn: m.settings.Username != ""}
}

// Send hands a mail to the server. Without an error the server has accepted it. An error is an org.MailError.
func (m *Mailer) Send(ctx context.Context, letter org.Mail) error {
	msg, err := m.message(letter)
	if err != nil {
		return &org.MailError{Message: "The mail could not be written.", Final: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, m.settings.Timeout)
	defer cancel()
	c := &connection{mailer: m, ctx: ctx}
	defer c.close()
	client, err := gomail.NewClient(m.host, m.options(c)...)
	if err == nil {
		err = client.DialAndSendWithContext(ctx, msg)
	}
	// What the server says after accepting the mail changes nothing.
	if err == nil || msg.IsDelivered() {
		return nil
	}
	return failure(ctx, err)
}

// options say how to reach the server. TLS never depends on what the server offers: an attacker in between could remove it.
func (m *Mailer) options(c *connection) []gomail.Option {
	policy := gomail.TLSMandatory
	switch m.settings.Mode {
	case org.MailTLS: // the connection uses TLS already, which the library detects
		policy = gomail.TLSOpportunistic
	case org.MailPlain:
		policy = gomail.NoTLS
	}
	list := []gomail.Option{
		gomail.WithPort(m.port), gomail.WithTimeout(m.settings.Timeout), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(m.tls()),
		gomail.WithDialContextFunc(c.dial), gomail.WithHELO(m.hello()),
	}
	if m.settings.Username != "" {
		list = append(list, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.settings.Username), gomail.WithPassword(m.settings.Password))
	}
	return list
}

// hello returns how this server introduces itself: not by the name of its machine, which is nobody's business.
func (m *Mailer) hello() string { return m.domain }

func (m *Mailer) tls() *tls.Config {
	return &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12, RootCAs: m.settings.Authorities}
}

// message writes a mail. A line break in a header would begin another header.
func (m *Mailer) message(letter org.Mail) (*gomail.Msg, error) {
	if strings.ContainsAny(letter.Subject+letter.To, "\r\n") {
		return nil, errors.New("a header has a line break")
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	if err := msg.To(letter.To); err != nil {
		return nil, err
	}
	msg.Subject(letter.Subject)
	msg.SetMessageIDWithValue(rand.Text() + "@" + m.domain)
	// So that no holiday notice comes back.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetBodyString(gomail.TypeTextPlain, letter.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, letter.HTML)
	return msg, nil
}

// connection is the connection of one mail. The library neither ends a conversation when the context does, nor closes a
// connection that failed at its beginning.
type connection struct {
	mailer *Mailer
	ctx    context.Context //nolint:containedctx // for one mail, dropped with it
	conn   net.Conn
	stop   func() bool
}

func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.conn = conn
	c.stop = context.AfterFunc(c.ctx, func() { _ = conn.Close() }) //nolint:contextcheck // of the whole conversation: ctx is of its beginning
	if c.mailer.settings.Mode != org.MailTLS {
		return conn, nil
	}
	secure := tls.Client(conn, c.mailer.tls())
	return secure, secure.HandshakeContext(ctx)
}

func (c *connection) close() {
	if c.conn != nil {
		c.stop()
		_ = c.conn.Close()
	}
}
