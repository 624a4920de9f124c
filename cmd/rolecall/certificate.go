package main

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// keyPair is the certificate of the server and its key. They can be reloaded while the server runs.
type keyPair struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
}

// loadCertificate fails before the server listens: with a wrong file it could not answer anyone.
func loadCertificate(certFile, keyFile string) (*keyPair, error) {
	c := &keyPair{certFile: certFile, keyFile: keyFile}
	return c, c.load()
}

// load reads the files. On an error, the loaded certificate stays in use.
func (c *keyPair) load() error {
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	// With x509keypairleaf=0 Go leaves it out, but the end of the certificate is read from it.
	if loaded.Leaf == nil {
		if loaded.Leaf, err = x509.ParseCertificate(loaded.Certificate[0]); err != nil {
			return err
		}
	}
	// Open connections keep the certificate that they began with.
	c.current.Store(&loaded)
	return nil
}

func (c *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// ends returns when the certificate expires.
func (c *keyPair) ends() time.Time { return c.leaf().NotAfter }

func (c *keyPair) leaf() *x509.Certificate { return c.current.Load().Leaf }

// renewal is the remaining lifetime below which a certificate should have been renewed: tools renew earlier than this.
const renewal = 14 * 24 * time.Hour

// warn logs a warning about a certificate that has expired or expires soon.
func (c *keyPair) warn(log *slog.Logger, now time.Time) {
	switch left := c.ends().Sub(now); {
	case left <= 0:
		log.Warn("the certificate has expired: no client that checks it can connect", "file", c.certFile, "expired", c.ends().UTC())
	case left < renewal:
		log.Warn("the certificate expires soon", "file", c.certFile, "expires", c.ends().UTC())
	}
}

// hangups receives SIGHUP, which would otherwise end the process. A server calls it before anything else, as a signal
// may come at any time.
func hangups() chan os.Signal {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	return hup
}

// reload reloads the certificate at every SIGHUP, until the channel is closed.
func (c *config) reload(hup <-chan os.Signal, log *slog.Logger) {
	for range hup {
		// Logged and not ignored: the signal was sent for a reason.
		if c.certificate == nil {
			log.Info("SIGHUP: there is no certificate to load")
			continue
		}
		if err := c.certificate.load(); err != nil {
			log.Error("the certificate could not be loaded: the one before stays in use", "err", err)
			continue
		}
		log.Info("the certificate was loaded", "file", c.certFile, "expires", c.certificate.ends().UTC())
		c.certificate.warn(log, time.Now())
	}
}
