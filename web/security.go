package web

import (
	"fmt"
	"net/http"
	"time"
)

// securityPolicy says what a person who reports a weakness of this server can expect.
const securityPolicy = `Report a weakness of this server to the contact in /.well-known/security.txt. Say what you did and what came of it.

You get an answer within 3 days and an assessment within 7. A weakness that lets someone act or read beyond their permissions
is fixed or fenced off within 14 days, any other within 90. You are told when it is, and are named if you want to be.

No one is pursued for looking for weaknesses in good faith: with accounts and data of their own, without keeping, changing
or passing on anyone else's, and without making the server slow or unreachable for others.
`

// securityLifetime is how long security.txt is valid (RFC 9116: less than a year).
const securityLifetime = 180 * 24 * time.Hour

// showSecurityContact follows RFC 9116. The contact is the mailbox that RFC 2142 reserves at every host; the host is
// that of the access URL, never one that the request names.
func (s *Server) showSecurityContact(*call) http.Handler {
	base, host := "http://localhost", "localhost"
	if s.AccessURL != nil {
		base, host = s.AccessURL.String(), s.AccessURL.Hostname()
	}
	expires := time.Now().UTC().Add(securityLifetime).Format(time.RFC3339)
	return text(http.StatusOK, fmt.Sprintf("Contact: mailto:security@%s\nExpires: %s\nPolicy: %s/.well-known/security-policy.txt\n"+
		"Preferred-Languages: en\nCanonical: %s/.well-known/security.txt\n", host, expires, base, base))
}

func (s *Server) showSecurityPolicy(*call) http.Handler { return text(http.StatusOK, securityPolicy) }
