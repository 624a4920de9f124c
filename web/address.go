package web

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// base is the address at which people reach this server, "" if that is not known: a request names what host it likes, and
// a link that leads there would carry a secret to it.
func (c *call) base() string {
	if a := c.server.AccessURL; a != nil {
		return strings.TrimSuffix(a.String(), "/")
	}
	host := c.request().Host
	if !loopbackHost(host) && (c.server.OwnName == nil || !c.server.OwnName(hostname(host))) {
		return ""
	}
	scheme := "http"
	if c.server.Secure || c.request().TLS != nil {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: host}).String()
}

// absolute is a path as an address that can be passed on, or the path alone where that is not known.
func (c *call) absolute(path string) string { return c.base() + path }

// loopbackHost reports whether a Host header names this machine.
func loopbackHost(host string) bool {
	if host = hostname(host); host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// hostname is a host without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
