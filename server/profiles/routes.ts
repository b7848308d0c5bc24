import { router } from '../route.ts'

export const profileRoutes = router()
