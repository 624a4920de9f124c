package oidc

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"
)

// answered is the status line of an answer that is not usable.
type answered string

// Error implements error.
func (a answered) Error() string { return string(a) }

var errCutShort = errors.New("the answer ended before its end")

// inWords explains to people why a provider can't be reached, "" for nil. What the provider wrote is left out: it may
// be of any length, and it is in the log.
func inWords(err error) string {
	if err == nil {
		return ""
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "This server does not trust its certificate."
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return "There is no address for its name, " + e.Name + "."
	}
	if e, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && e.Timeout() {
		return "It does not answer in time."
	}
	text := err.Error()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing answers at its address."
	case errors.Is(err, errCutShort):
		return "It stops in the middle of an answer."
	case strings.Contains(text, "did not match the issuer"):
		return "It calls itself by another issuer than the settings do."
	case len(text) > 4 && text[0] >= '3' && text[0] <= '5' && text[3] == ' ': // a status line, which may be followed by a page
		line, _, _ := strings.Cut(text, ":")
		return "It answers " + line[:min(len(line), 40)] + "."
	}
	return "What it says of itself can't be used; the log has the details."
}
