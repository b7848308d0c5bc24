import { router } from '../route.ts'

export const applicationRoutes = router()
