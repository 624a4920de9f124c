package main

import (
	"context"
	"log/slog"
	"time"

	"rolecall.example/org/services"
)

// keepInvitations gives what accepted invitations have still to give, every minute, and forgets old ones, every hour, until
// ctx ends. Any of several servers may do it.
func keepInvitations(ctx context.Context, service *services.Service, log *slog.Logger) {
	due, old := time.NewTicker(time.Minute), time.NewTicker(time.Hour)
	defer due.Stop()
	defer old.Stop()
	for {
		if err := service.Invite.Finish(ctx); err != nil && ctx.Err() == nil { // first at the start: a crash may have cut one off
			log.Warn("an accepted invitation is not given yet", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-due.C:
		case <-old.C:
			if err := service.Invite.Forget(ctx); err != nil && ctx.Err() == nil {
				log.Warn("old invitations are kept", "err", err)
			}
		}
	}
}
