package client_test

import "net/http"

// mail asks a server that sends no mail.
func (s *session) mail() {
	status, err := s.MailStatus(s.ctx)
	if s.ok(err); status.Enabled || status.Address != "" {
		s.Errorf("MailStatus = %+v", status)
	}
	_, err = s.SendTestMail(s.ctx)
	s.refused(http.StatusConflict, err)
}
