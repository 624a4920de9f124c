// Package smtptest is a mail server for tests, which takes mails, refuses them or is slow, as a test tells it to. Only tests may
// import it.
package smtptest

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Username and Password are those that the server lets in.
const (
	Username = "rolecall"
	Password = "canary-smtp-password" //nolint:gosec // of a server in tests
)

// Taken is a mail that the server took.
type Taken struct {
	From string
	To   []string
	Data string
	TLS  bool
	User string // who signed in
}

// Server is a mail server on this machine.
type Server struct {
	Address     string
	Authorities *x509.CertPool // that vouch for it

	mu     sync.Mutex
	taken  []Taken
	rcpt   error // the answer to every address
	data   error // the answer to every mail
	slow   bool  // it says nothing
	holds  chan struct{}
	server *smtp.Server
}

// Modes of a server.
const (
	StartTLS = "starttls"
	TLS      = "tls"
	Plain    = "off"
)

// New starts a server with the TLS of a mode.
func New(t testing.TB, mode string) *Server {
	t.Helper()
	s := &Server{holds: make(chan struct{})}
	certificate, pool := certify(t)
	s.Authorities = pool
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	s.server.Domain, s.server.ErrorLog = "mail.test", log.New(io.Discard, "", 0)
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if mode == StartTLS {
		s.server.TLSConfig = secure
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = l.Addr().String()
	if mode == TLS {
		l = tls.NewListener(l, secure)
	}
	go func() { _ = s.server.Serve(&gate{l, s}) }()
	t.Cleanup(s.Stop)
	return s
}

// Stop closes the port. What waits for an answer is cut off.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.holds:
	default:
		close(s.holds)
	}
	_ = s.server.Close()
}

// RefuseAddresses makes the server answer so to each address; nil: it takes them.
func (s *Server) RefuseAddresses(code int, enhanced [3]int, text string) {
	s.set(func() { s.rcpt = answer(code, enhanced, text) })
}

// RefuseMails makes the server answer so to each mail.
func (s *Server) RefuseMails(code int, enhanced [3]int, text string) {
	s.set(func() { s.data = answer(code, enhanced, text) })
}

// TakeAll makes the server take all again.
func (s *Server) TakeAll() { s.set(func() { s.rcpt, s.data, s.slow = nil, nil, false }) }

// SayNothing makes the server accept connections and say nothing.
func (s *Server) SayNothing() { s.set(func() { s.slow = true }) }

// Taken are the mails that the server took, in the order in which they came.
func (s *Server) Taken() []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// answer is what a server of the real world says: three digits, the code of RFC 3463, and words for people.
func answer(code int, enhanced [3]int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// gate holds connections that are to hear nothing, as behind a firewall that swallows packets.
type gate struct {
	net.Listener
	server *Server
}

// Accept takes the next connection.
func (g *gate) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	if err == nil && g.server.slow {
		return &held{c, g.server.holds}, nil
	}
	return c, err
}

type held struct {
	net.Conn
	until chan struct{}
}

// Write waits until the test is over: the greeting of the server is the first that a client hears.
func (h *held) Write([]byte) (int, error) {
	<-h.until
	return 0, errors.New("it says nothing")
}

// session is one conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Taken
	user   string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth lets one person in, by a password that must not be found in logs.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != Username || password != Password {
			return smtp.ErrAuthFailed
		}
		s.user = username
		return nil
	}), nil
}

// Reset is called before each mail, also of one connection.
func (s *session) Reset()        { s.mail = Taken{} }
func (s *session) Logout() error { return nil }

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	_, secure := s.conn.TLSConnectionState()
	s.mail = Taken{From: from, TLS: secure, User: s.user}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.mail.To = append(s.mail.To, to)
	return s.server.rcpt
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if err != nil || s.server.data != nil {
		return cmp.Or(err, s.server.data)
	}
	s.mail.Data = string(data)
	s.server.taken = append(s.server.taken, s.mail)
	return nil
}

// certify makes a certificate for this machine, and the pool that it stands in.
func certify(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
