import { z } from 'zod'

/** What a room is about. */
export const RoomKind = z.enum(['campaign', 'application'])
/** What a room is about. */
export type RoomKind = z.output<typeof RoomKind>
/** What a person is in a room. */
export const Role = z.enum(['owner', 'manager', 'viewer', 'creator'])
export type Role = z.output<typeof Role>
/** What a person is on the platform. */
export const PlatformRole = z.enum(['creator', 'brand', 'admin'])
export type PlatformRole = z.output<typeof PlatformRole>
