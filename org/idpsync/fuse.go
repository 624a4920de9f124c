package idpsync

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// askFuse finds out whether a person may lose something from the source. People are counted before they lose something, each once
// within an hour; one too many holds the source. The units that take something away check that the loss was counted, so that two
// simultaneous sign-ins cannot both pass.
func (v *view) askFuse(ctx context.Context) error {
	if v.user == uuid.Nil {
		return nil
	}
	source, since := string(v.provider.Source()), v.When.Add(-org.FuseWindow)
	_, err := v.Q.GetSyncSource(ctx, source)
	if err == nil {
		v.fused = true
		return nil
	}
	if !db.IsNotFound(err) {
		return err
	}
	// Switching a fuse off does not release what it held before: a person does that.
	if v.fuse().Off() {
		v.known = true
		return nil
	}
	v.known, err = v.Q.HasSyncLoss(ctx, db.HasSyncLossParams{Source: source, UserID: v.user, Since: since})
	if err != nil || v.known {
		return err
	}
	if v.counted {
		v.fused = true
		return nil
	}
	v.trips, err = v.isOneTooMany(ctx, source)
	v.fused = v.trips
	return err
}

// fuse returns the fuse of the settings. They may change at a restart, so it is read each time and not stored: the losses
// of the hour before are then measured by the new limit.
func (v *view) fuse() org.Fuse {
	return org.Fuse{People: int64(v.provider.FusePeople), Percent: int64(v.provider.FusePercent)}
}

// isOneTooMany reports whether one more loss would exceed what the fuse allows.
func (v *view) isOneTooMany(ctx context.Context, source string) (bool, error) {
	since := v.When.Add(-org.FuseWindow)
	lost, err := v.Q.CountSyncLosses(ctx, db.CountSyncLossesParams{Source: source, Since: since, UserID: v.user})
	if err != nil {
		return false, err
	}
	return v.fuse().Blows(lost, func() (int64, error) {
		return v.Q.CountHoldersOfSource(ctx, db.CountHoldersOfSourceParams{Source: source, Since: since})
	})
}

// tripped says why a source is held.
const tripped = "More people than the settings allow would have lost something within an hour."

// sourceType is the trail's name for a source.
const sourceType = "idp_sync_source"

// sourceID returns the id of a source in the trail.
func sourceID(source org.Source) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(source)) }
