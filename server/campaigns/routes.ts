import { router } from '../route.ts'

export const campaignRoutes = router()
