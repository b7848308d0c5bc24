import { z } from 'zod'

/** What a room is about. `notes`: what a brand's team says among itself about an application. */
export const RoomKind = z.enum(['campaign', 'application', 'notes'])
/** What a room is about. */
export type RoomKind = z.output<typeof RoomKind>
/** What a person is in a room. */
export const Role = z.enum(['owner', 'manager', 'viewer', 'creator'])
export type Role = z.output<typeof Role>
/** What a person is in a brand's team. */
export const TeamRole = z.enum(['owner', 'manager', 'viewer'])
export type TeamRole = z.output<typeof TeamRole>
/** What a person is on the platform. */
export const PlatformRole = z.enum(['creator', 'brand', 'admin'])
export type PlatformRole = z.output<typeof PlatformRole>
