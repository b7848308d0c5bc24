import { router } from '../route.ts'

export const brandRoutes = router()
