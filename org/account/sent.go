package account

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Sent is the request of the caller that made its change under an id of org.Form; nil if there is none, or it is a day ago.
func (s *Service) Sent(ctx context.Context, subject *org.Actor, id string) (_ *org.Sent, err error) {
	defer org.Wrap(&err, "find a request that was carried out")
	row, err := s.units.DB.GetSentForm(ctx, db.GetSentFormParams{UserID: subject.ID(), ID: id, After: s.units.Now().Add(-org.FormLife)})
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &org.Sent{At: row.CreatedAt, Request: row.Request, Answer: row.Answer}, nil
}

// KeepAnswer stores what such a request was answered. It must hold no secret.
func (s *Service) KeepAnswer(ctx context.Context, subject *org.Actor, id string, answer []byte) (err error) {
	defer org.Wrap(&err, "keep an answer")
	return s.units.DB.WriteIn(ctx, db.SigningIn, func(tx *db.Tx) error {
		return tx.Writes().AnswerSentForm(ctx, db.AnswerSentFormParams{Answer: answer, UserID: subject.ID(), ID: id})
	})
}
